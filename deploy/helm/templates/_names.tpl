{{/* What all objects of a release are called. */}}
{{- define "envoy-token-broker.name" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "envoy-token-broker.host" -}}
{{ include "envoy-token-broker.name" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}
{{- end -}}

{{- define "envoy-token-broker.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "envoy-token-broker.labels" -}}
{{ include "envoy-token-broker.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "envoy-token-broker.serviceAccount" -}}
{{- $own := ternary (include "envoy-token-broker.name" .) "default" .Values.serviceAccount.create -}}
{{- default $own .Values.serviceAccount.name -}}
{{- end -}}

{{/* An image, from { repository, tag, digest } and the chart. */}}
{{- define "envoy-token-broker.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default (printf "v%s" .root.Chart.AppVersion) .image.tag }}
{{- end -}}
{{- end -}}

{{- define "envoy-token-broker.tlsSecret" -}}
{{- default (printf "%s-tls" (include "envoy-token-broker.name" .root)) .listener.tls.secretName -}}
{{- end -}}

{{- define "envoy-token-broker.cacheKeySecret" -}}
{{- default (printf "%s-cache-key" (include "envoy-token-broker.name" .)) .Values.cacheKey.secretName -}}
{{- end -}}
