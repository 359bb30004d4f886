{{/* Control's container, but for its name, probes and what a sidecar has besides. */}}
{{- define "envoy-token-broker.container" -}}
image: {{ include "envoy-token-broker.image" (dict "root" . "image" .Values.image) }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
env:
  {{- include "envoy-token-broker.environment" . | nindent 2 }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.securityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- $mounts := include "envoy-token-broker.volumeMounts" . }}
{{- with $mounts }}
volumeMounts:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The folders that are mounted, as { name, path }: no file by itself (subPath), because such a file never changes. */}}
{{- define "envoy-token-broker.volumeMounts" -}}
{{- if .Values.config }}
- { name: token-broker-config, mountPath: /etc/token-broker/config, readOnly: true }
{{- end }}
{{- if include "envoy-token-broker.sharesKey" . }}
- { name: token-broker-cache-key, mountPath: /etc/token-broker/cache-key, readOnly: true }
{{- end }}
{{- range (include "envoy-token-broker.tlsListeners" . | fromJson).names }}
- { name: token-broker-{{ . }}-tls, mountPath: /etc/token-broker/{{ . }}-tls, readOnly: true }
{{- end }}
{{- range $name, $_ := .Values.secretFiles }}
- { name: token-broker-secret-{{ $name }}, mountPath: /etc/token-broker/secrets/{{ $name }}, readOnly: true }
{{- end }}
{{- if .Values.projectedTokens }}
- { name: token-broker-tokens, mountPath: /etc/token-broker/tokens, readOnly: true }
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "envoy-token-broker.volumes" -}}
{{- if .Values.config }}
- { name: token-broker-config, configMap: { name: {{ include "envoy-token-broker.name" . }} } }
{{- end }}
{{- if include "envoy-token-broker.sharesKey" . }}
- { name: token-broker-cache-key, secret: { secretName: {{ include "envoy-token-broker.cacheKeySecret" . }} } }
{{- end }}
{{- range (include "envoy-token-broker.tlsListeners" . | fromJson).names }}
- { name: token-broker-{{ . }}-tls, secret: { secretName: {{ include "envoy-token-broker.tlsSecret" (dict "root" $ "listener" (get $.Values.listeners .)) }} } }
{{- end }}
{{- range $name, $source := .Values.secretFiles }}
- { name: token-broker-secret-{{ $name }}, secret: { secretName: {{ $source.secretName }} } }
{{- end }}
{{- with .Values.projectedTokens }}
- name: token-broker-tokens
  projected:
    sources:
      {{- range $name, $token := . }}
      - serviceAccountToken: { path: {{ $name }}, audience: {{ $token.audience | quote }}, expirationSeconds: {{ default 3600 $token.expirationSeconds | int }} }
      {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Listeners with certificates, as {"names": []}. */}}
{{- define "envoy-token-broker.tlsListeners" -}}
{{- $names := list -}}
{{- if include "envoy-token-broker.onNetwork" . -}}
{{- with .Values.listeners -}}
{{- if .filter.enabled -}}{{- $names = append $names "filter" -}}{{- end -}}
{{- if and .grpc.enabled (not .grpc.allowAnyClient) -}}{{- $names = append $names "grpc" -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "names" $names) -}}
{{- end -}}
