package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	meshconfig "istio.io/api/mesh/v1alpha1"
	charts "istio.io/istio/manifests"
	istiocrd "istio.io/istio/pilot/pkg/config/kube/crd"
	"istio.io/istio/pkg/config"
	"istio.io/istio/pkg/config/crd"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/config/schema/collections"
	"istio.io/istio/pkg/config/schema/resource"
	meshvalidation "istio.io/istio/pkg/config/validation/agent"
	"istio.io/istio/pkg/util/protomarshal"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

// definitionsFile is where Istio's sources keep the definitions of its custom resources.
const definitionsFile = "charts/base/files/crd-all.gen.yaml"

// validator refuses what a cluster with Istio refuses: first what its apiserver does by the schemas of the custom resources
// (types, enumerations, patterns, rules in CEL; unknown fields, as kubectl asks for), then what istiod's webhook does.
type validator struct {
	definitions *crd.Validator
	kubernetes  runtime.Decoder
}

func newValidator() (*validator, error) {
	text, err := charts.FS.ReadFile(definitionsFile)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "istio-definitions-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "definitions.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	definitions, err := crd.NewValidatorFromFilesWithOptions([]string{file}, crd.WithoutCRDValidation())
	if err != nil {
		return nil, err
	}
	codecs := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict)
	return &validator{definitions: definitions, kubernetes: codecs.UniversalDeserializer()}, nil
}

func findSchema(object *unstructured.Unstructured) (resource.Schema, bool) {
	kind := object.GroupVersionKind()
	return collections.Pilot.FindByGroupVersionAliasesKind(resource.FromKubernetesGVK(&kind))
}

func (v *validator) readIstio(
	schema resource.Schema, object *unstructured.Unstructured,
) (result *config.Config, warning, err error) {
	// It fills in defaults, which the manifest does not have.
	if err := v.definitions.ValidateCustomResource(object.DeepCopy()); err != nil {
		return nil, nil, err
	}
	text, err := json.Marshal(object.Object)
	if err != nil {
		return nil, nil, err
	}
	var kind istiocrd.IstioKind
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, nil, err
	}
	result, err = istiocrd.ConvertObject(schema, &kind, "cluster.local")
	if err != nil {
		return nil, nil, err
	}
	warning, err = schema.ValidateConfig(*result)
	return result, warning, err
}

func (v *validator) readKubernetes(object *unstructured.Unstructured) (runtime.Object, error) {
	text, err := json.Marshal(object.Object)
	if err != nil {
		return nil, err
	}
	result, _, err := v.kubernetes.Decode(text, nil, nil)
	return result, err
}

// readMeshConfig reads meshConfig among the values of istiod's Helm chart.
func (v *validator) readMeshConfig(settings any) (result *meshconfig.MeshConfig, warning, err error) {
	text, err := yaml.Marshal(settings)
	if err != nil {
		return nil, nil, err
	}
	// Istio itself ignores what it does not know.
	if err := protomarshal.ApplyYAMLStrict(string(text), &meshconfig.MeshConfig{}); err != nil {
		return nil, nil, err
	}
	result, err = mesh.ApplyMeshConfigDefaults(string(text))
	if err != nil {
		return nil, nil, err
	}
	warning, err = meshvalidation.ValidateMeshConfig(result)
	return result, warning, errors.Join(err, validateProviders(result))
}

// validateProviders is about what istiod only logs, and then refuses every request for which a policy names such a provider.
func validateProviders(settings *meshconfig.MeshConfig) error {
	var refusals []error
	for _, provider := range settings.GetExtensionProviders() {
		if http := provider.GetEnvoyExtAuthzHttp(); http != nil {
			refusals = append(refusals, meshvalidation.ValidateExtensionProviderEnvoyExtAuthzHTTP(http))
		}
		if grpc := provider.GetEnvoyExtAuthzGrpc(); grpc != nil {
			refusals = append(refusals, meshvalidation.ValidateExtensionProviderEnvoyExtAuthzGRPC(grpc))
		}
	}
	return errors.Join(refusals...)
}
