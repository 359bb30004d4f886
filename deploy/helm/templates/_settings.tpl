{{/*
Whether Envoys reach control over the network: "true" or nothing. Beside Envoy, and behind a sidecar of Istio's, it listens on
loopback, where nobody else is.
*/}}
{{- define "envoy-token-broker.onNetwork" -}}
{{- if and (eq .Values.mode "deployment") (not .Values.istio.enabled) -}}true{{- end -}}
{{- end -}}

{{/* Whether some of what control does needs the API server: "true" or nothing. */}}
{{- define "envoy-token-broker.usesApi" -}}
{{- with .Values.rbac -}}
{{- if or .tokenReview .tokenRequest .secrets .policyConfigMaps.namespaces .policyConfigMaps.allNamespaces .policyConfigMaps.listNamespaces -}}
true
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What cannot be right. A schema cannot say these, or not in words that help. */}}
{{- define "envoy-token-broker.check" -}}
{{- with .Values -}}
{{- if hasKey .config "listeners" -}}
{{- fail "config.listeners: listeners are values of the chart, because the Service, the probes and the NetworkPolicy have to fit them. Move it to listeners." -}}
{{- end -}}
{{- if and .config (hasKey .config "cache") -}}
{{- if hasKey .config.cache "keyFile" -}}
{{- fail "config.cache.keyFile: the chart mounts the key. Name its Secret in cacheKey.secretName." -}}
{{- end -}}
{{- end -}}
{{- range $name := list "LISTEN_ADDR" "FILTER_LISTEN_ADDR" "GRPC_LISTEN_ADDR" "ADMIN_LISTEN_ADDR" "CONFIG_FILE" "CACHE_KEY_FILE" -}}
{{- if or (hasKey $.Values.environment $name) (hasKey $.Values.secretEnvironment $name) -}}
{{- fail (printf "environment.%s: the chart sets it, from listeners, config and cacheKey." $name) -}}
{{- end -}}
{{- end -}}
{{- if hasKey .environment "STATIC_CLIENT_SECRET" -}}
{{- fail "environment.STATIC_CLIENT_SECRET: values are no place for secrets, because Helm keeps them. Put it into a Secret and name that in secretEnvironment." -}}
{{- end -}}
{{- if and (eq .mode "sidecar") .serviceMonitor.enabled -}}
{{- fail "serviceMonitor.enabled: a sidecar has no Service. Scrape port broker-admin of Envoy's pods." -}}
{{- end -}}
{{- if and (eq .mode "sidecar") .istio.enabled -}}
{{- fail "istio.enabled: is for mode deployment." -}}
{{- end -}}
{{- if and .istio.enabled .envoyGateway.enabled -}}
{{- fail "istio.enabled and envoyGateway.enabled: choose one." -}}
{{- end -}}
{{- range $member := list "secrets" "tokenRequest" -}}
{{- $namespaces := list -}}
{{- range get $.Values.rbac $member -}}{{- $namespaces = append $namespaces .namespace -}}{{- end -}}
{{- if ne (len $namespaces) (len (uniq $namespaces)) -}}
{{- fail (printf "rbac.%s: a namespace comes twice. Put all of its names into one item." $member) -}}
{{- end -}}
{{- end -}}
{{- $configMaps := dig "policy" "configMaps" dict .config -}}
{{- if and $configMaps (not (hasKey $configMaps "cluster")) .rbac.create -}}
{{- with .rbac.policyConfigMaps -}}
{{- if hasKey $configMaps "namespaces" -}}
{{- range $configMaps.namespaces -}}
{{- if not (or $.Values.rbac.policyConfigMaps.allNamespaces (has . $.Values.rbac.policyConfigMaps.namespaces)) -}}
{{- fail (printf "rbac.policyConfigMaps.namespaces: lacks %s, whose ConfigMaps config.policy.configMaps reads." .) -}}
{{- end -}}
{{- end -}}
{{- else if not (or .allNamespaces .listNamespaces) -}}
{{- fail "rbac.policyConfigMaps: config.policy.configMaps selects namespaces by label, which takes allNamespaces or listNamespaces." -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- include "envoy-token-broker.checkSecrets" (dict "value" .config "path" "config") -}}
{{- end -}}
{{- end -}}

{{/* Walks the configuration, and refuses a secret that stands in it. */}}
{{- define "envoy-token-broker.checkSecrets" -}}
{{- $path := .path -}}
{{- if kindIs "map" .value -}}
{{- range $key, $value := .value -}}
{{- if and (has $key (list "clientSecret" "secret" "actorToken")) (kindIs "map" $value) -}}
{{- if hasKey $value "value" -}}
{{- fail (printf "%s.%s.value: values are no place for secrets, because Helm keeps them. Put it into a Secret, mount that with secretFiles, and write { file: /etc/token-broker/secrets/<name>/<key> }." $path $key) -}}
{{- end -}}
{{- end -}}
{{- include "envoy-token-broker.checkSecrets" (dict "value" $value "path" (printf "%s.%s" $path $key)) -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $index, $value := .value -}}
{{- include "envoy-token-broker.checkSecrets" (dict "value" $value "path" (printf "%s[%d]" $path $index)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether there are replicas that need one key: "true" or nothing. A sidecar is alone. */}}
{{- define "envoy-token-broker.sharesKey" -}}
{{- if and .Values.cacheKey.enabled (eq .Values.mode "deployment") -}}true{{- end -}}
{{- end -}}
