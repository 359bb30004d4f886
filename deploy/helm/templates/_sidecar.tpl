{{/* A strategic merge patch of Envoy's Deployment: control in its pods. */}}
{{- define "envoy-token-broker.sidecarPatch" -}}
spec:
  template:
    spec:
      initContainers:
        - name: token-broker
          # A sidecar of Kubernetes' own: it is ready before Envoy starts, and ends after Envoy has drained.
          restartPolicy: Always
          {{- include "envoy-token-broker.container" . | nindent 10 }}
          ports:
            - { name: broker-admin, containerPort: {{ .Values.listeners.admin.port }} }
          startupProbe:
            httpGet: { path: /readyz, port: broker-admin }
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            httpGet: { path: /healthz, port: broker-admin }
            periodSeconds: 10
            timeoutSeconds: 5
      {{- with include "envoy-token-broker.volumes" . }}
      volumes:
        {{- . | nindent 8 }}
      {{- end }}
{{- end -}}
