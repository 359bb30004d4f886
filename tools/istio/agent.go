package main

import (
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/wasm"
)

// agent does to plugins what Istio's agent does beside each Envoy, with the same code: it downloads the module, checks its
// digest and gives Envoy a file instead. A plugin whose module cannot be had becomes a filter that refuses every request.
type agent struct {
	istiod model.XdsResourceGenerator
	cache  wasm.Cache
}

func newAgent(t test.Failer, istiod model.XdsResourceGenerator) *agent {
	cache := wasm.NewLocalFileCache(t.TempDir(), wasm.Options{})
	t.Cleanup(cache.Cleanup)
	return &agent{istiod: istiod, cache: cache}
}

// Generate gives the plugins that Envoy asked for.
func (a *agent) Generate(
	proxy *model.Proxy, watched *model.WatchedResource, request *model.PushRequest,
) (model.Resources, model.XdsLogDetails, error) {
	resources, details, err := a.istiod.Generate(proxy, watched, request)
	if err != nil || len(resources) == 0 {
		return resources, details, err
	}
	plugins := make([]*anypb.Any, len(resources))
	for i, resource := range resources {
		plugins[i] = resource.Resource
	}
	if err := wasm.MaybeConvertWasmExtensionConfig(plugins, a.cache); err != nil {
		return nil, details, err
	}
	converted := make(model.Resources, len(resources))
	for i, resource := range resources {
		converted[i] = &discoveryv3.Resource{Name: resource.Name, Resource: plugins[i]}
	}
	return converted, details, nil
}
