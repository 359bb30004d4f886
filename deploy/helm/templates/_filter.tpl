{{/* The image of the filter, as `oci://` wants it. */}}
{{- define "envoy-token-broker.filterImage" -}}
{{ .Values.filter.repository }}:{{ default (printf "v%s" .Chart.AppVersion) .Values.filter.tag }}
{{- end -}}

{{/* The filter's own configuration, from { root, own }: what the chart knows, and then what the values say. */}}
{{- define "envoy-token-broker.filterConfig" -}}
{{- toYaml (merge (dict) .root.Values.filter.config .own) -}}
{{- end -}}

{{/* Where Envoy Gateway's objects belong. */}}
{{- define "envoy-token-broker.gatewayNamespace" -}}
{{- default .Release.Namespace .Values.envoyGateway.namespace -}}
{{- end -}}

{{/* Envoy's cluster of control: an EnvoyPatchPolicy adds that of a sidecar, and a route that of a Deployment. */}}
{{- define "envoy-token-broker.gatewayCluster" -}}
{{- if eq .Values.mode "sidecar" -}}
token-broker
{{- else -}}
httproute/{{ include "envoy-token-broker.gatewayNamespace" . }}/{{ include "envoy-token-broker.name" . }}-callout/rule/0
{{- end -}}
{{- end -}}
