{{/* Control's environment. Changing it starts pods anew, and that is what it holds: what control reads at its start alone. */}}
{{- define "envoy-token-broker.environment" -}}
{{- $host := ternary "" "127.0.0.1" (eq (include "envoy-token-broker.onNetwork" .) "true") -}}
{{- with .Values.listeners -}}
- { name: LISTEN_ADDR, value: {{ ternary (printf "%s:%d" $host (int .check.port)) "off" .check.enabled | quote }} }
- { name: FILTER_LISTEN_ADDR, value: {{ ternary (printf "%s:%d" $host (int .filter.port)) "off" .filter.enabled | quote }} }
- { name: GRPC_LISTEN_ADDR, value: {{ ternary (printf "%s:%d" $host (int .grpc.port)) "off" .grpc.enabled | quote }} }
# Kubelet and Prometheus come over the network.
- { name: ADMIN_LISTEN_ADDR, value: {{ printf ":%d" (int .admin.port) | quote }} }
{{- if and $.Values.listeners.filter.enabled (not $host) }}
- { name: FILTER_TLS_CERT_FILE, value: /etc/token-broker/filter-tls/tls.crt }
- { name: FILTER_TLS_KEY_FILE, value: /etc/token-broker/filter-tls/tls.key }
- { name: FILTER_TLS_CLIENT_CA_FILE, value: /etc/token-broker/filter-tls/ca.crt }
{{- end }}
{{- if and .grpc.enabled (not $host) }}
{{- if .grpc.allowAnyClient }}
- { name: GRPC_ALLOW_ANY_CLIENT, value: 'true' }
{{- else }}
- { name: GRPC_TLS_CERT_FILE, value: /etc/token-broker/grpc-tls/tls.crt }
- { name: GRPC_TLS_KEY_FILE, value: /etc/token-broker/grpc-tls/tls.key }
- { name: GRPC_TLS_CLIENT_CA_FILE, value: /etc/token-broker/grpc-tls/ca.crt }
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.config }}
- { name: CONFIG_FILE, value: /etc/token-broker/config/control.yaml }
{{- else if include "envoy-token-broker.sharesKey" . }}
- { name: CACHE_KEY_FILE, value: /etc/token-broker/cache-key/{{ .Values.cacheKey.key }} }
{{- end }}
{{- range $name, $value := .Values.environment }}
- { name: {{ $name }}, value: {{ $value | toString | quote }} }
{{- end }}
{{- range $name, $source := .Values.secretEnvironment }}
- { name: {{ $name }}, valueFrom: { secretKeyRef: { name: {{ $source.secretName }}, key: {{ $source.key }} } } }
{{- end }}
{{- end -}}

{{/* Control's configuration file: the values' `config`, and what the chart mounts. */}}
{{- define "envoy-token-broker.configuration" -}}
{{- $config := deepCopy .Values.config -}}
{{- if include "envoy-token-broker.sharesKey" . -}}
{{- $key := dict "keyFile" (printf "/etc/token-broker/cache-key/%s" .Values.cacheKey.key) -}}
{{- $_ := set $config "cache" (merge (dict) (default (dict) $config.cache) $key) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}
