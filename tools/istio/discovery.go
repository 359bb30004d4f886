package main

import (
	"fmt"
	"maps"
	"net"
	"time"

	"istio.io/istio/pilot/pkg/features"
	"istio.io/istio/pilot/pkg/model"
	v3 "istio.io/istio/pilot/pkg/xds/v3"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/schema/gvk"
	"istio.io/istio/pkg/test"
	"istio.io/istio/pkg/test/util/retry"
)

// syncTimeout is generous, because builds may run beside the tests.
const syncTimeout = time.Minute

// discovery is Istio's discovery server, with what it translates at the moment.
type discovery struct {
	server  *xds.FakeDiscoveryServer
	address string
	current map[string]config.Config
}

// startDiscovery serves manifests by aggregated discovery. istiod itself translates a WasmPlugin only when it reads it from
// an apiserver; Istio's server for its own tests has the same translation, and keeps resources in memory.
func startDiscovery(t test.Failer, m *manifests) (*discovery, error) {
	// Filters that only Istio's own build of Envoy has.
	features.ALPNFilter = false
	features.MetadataExchange = false

	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		return nil, err
	}
	d := &discovery{address: listener.Addr().String(), current: map[string]config.Config{}}
	d.server = xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
		MeshConfig:        m.mesh,
		KubernetesObjects: m.kubernetes,
		ListenerBuilder:   func() (net.Listener, error) { return listener, nil },
	})
	generators := d.server.Discovery.Generators
	generators[v3.ExtensionConfigurationType] = newAgent(t, generators[v3.ExtensionConfigurationType])

	return d, d.apply(m.istio)
}

// apply makes these resources the ones that there are, and waits until Envoy is told.
func (d *discovery) apply(resources []config.Config) error {
	next := map[string]config.Config{}
	for _, resource := range resources {
		key := keyOf(resource)
		if _, twice := next[key]; twice {
			return fmt.Errorf("%s is there twice", key)
		}
		next[key] = resource
	}
	for key, resource := range d.current {
		if _, stays := next[key]; stays {
			continue
		}
		if err := d.server.Store().Delete(resource.GroupVersionKind, resource.Name, resource.Namespace, nil); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	for key, resource := range next {
		former, isThere := d.current[key]
		var err error
		switch {
		case !isThere:
			_, err = d.server.Store().Create(resource)
		case !former.Equals(&resource):
			_, err = d.server.Store().Update(resource)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	d.current = next
	return d.waitForPlugins()
}

func keyOf(resource config.Config) string {
	return fmt.Sprintf("%s %s/%s", resource.GroupVersionKind.Kind, resource.Namespace, resource.Name)
}

// waitForPlugins waits until all plugins are translated, which happens in the background. A listener without its plugin would
// serve requests that nobody has judged; in a cluster istiod is not ready before.
func (d *discovery) waitForPlugins() error {
	err := retry.Until(func() bool {
		return maps.Equal(d.versions(gvk.WasmPlugin), d.versions(gvk.TrafficExtension))
	}, retry.Timeout(syncTimeout))
	if err != nil {
		return fmt.Errorf("plugins are not translated: %w", err)
	}
	server := d.server.Discovery
	server.ConfigUpdate(&model.PushRequest{Forced: true})
	pushed := server.InboundUpdates.Load()
	err = retry.Until(func() bool { return server.CommittedUpdates.Load() >= pushed }, retry.Timeout(syncTimeout))
	if err != nil {
		return fmt.Errorf("configuration is not pushed: %w", err)
	}
	return nil
}

// versions counts the resources of a kind by their versions, which a translation takes over.
func (d *discovery) versions(kind config.GroupVersionKind) map[string]int {
	counts := map[string]int{}
	for _, resource := range d.server.Store().List(kind, model.NamespaceAll) {
		counts[resource.ResourceVersion]++
	}
	return counts
}
