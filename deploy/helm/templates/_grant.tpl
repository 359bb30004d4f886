{{/* A role and its binding to control's service account, from { root, kind, name, namespace, rules }. */}}
{{- define "envoy-token-broker.grant" }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "envoy-token-broker.labels" .root | nindent 4 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ .kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "envoy-token-broker.labels" .root | nindent 4 }}
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: {{ .kind }}, name: {{ .name }} }
subjects:
  - { kind: ServiceAccount, namespace: {{ .root.Release.Namespace }}, name: {{ include "envoy-token-broker.serviceAccount" .root }} }
{{- end }}
