// Modules that ship the definitions of custom resources. Nothing is compiled.
module envoy-token-broker.example/tools/custom-resources

go 1.26.0

require (
	github.com/envoyproxy/gateway v1.9.1
	github.com/prometheus-operator/prometheus-operator v0.85.0
	istio.io/api v1.31.1
)
