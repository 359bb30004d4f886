// Command check-manifests reads files of Kubernetes manifests and says what in them Kubernetes' own types do not know:
// unknown kinds and fields, values of a wrong type. Envoy Gateway's own check, egctl x validate, is strict about its kinds and
// lenient about all others, and does not look into the patches that an EnvoyProxy makes to Envoy's Deployment.
//
//	check-manifests FILE...
//
// It prints a line for each problem, and ends with 1 when there is one.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	egv1a1 "github.com/envoyproxy/gateway/api/v1alpha1"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	gwapischeme "sigs.k8s.io/gateway-api/pkg/client/clientset/versioned/scheme"
	"sigs.k8s.io/yaml"
)

func main() {
	kinds := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, gwapischeme.AddToScheme, egv1a1.AddToScheme} {
		if err := add(kinds); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	failed := false
	for _, path := range os.Args[1:] {
		for _, problem := range checkFile(kinds, path) {
			fmt.Printf("%s: %v\n", path, problem)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

func checkFile(kinds *runtime.Scheme, path string) []error {
	content, err := os.ReadFile(path)
	if err != nil {
		return []error{err}
	}
	var problems []error
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return problems
		}
		if err == nil {
			err = checkDocument(kinds, document)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
}

func checkDocument(kinds *runtime.Scheme, document []byte) error {
	var meta runtime.TypeMeta
	if err := yaml.Unmarshal(document, &meta); err != nil {
		return err
	}
	object, err := kinds.New(meta.GroupVersionKind())
	if err != nil {
		return err
	}
	if err := yaml.UnmarshalStrict(document, object); err != nil {
		return fmt.Errorf("%s: %w", meta.Kind, err)
	}
	if proxy, is := object.(*egv1a1.EnvoyProxy); is {
		return checkPatches(proxy)
	}
	return nil
}

// checkPatches checks a patch of Envoy's Deployment, which is free-form to Envoy Gateway.
func checkPatches(proxy *egv1a1.EnvoyProxy) error {
	provider := proxy.Spec.Provider
	if provider == nil || provider.Kubernetes == nil || provider.Kubernetes.EnvoyDeployment == nil {
		return nil
	}
	patch := provider.Kubernetes.EnvoyDeployment.Patch
	if patch == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(patch.Value.Raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&appsv1.Deployment{}); err != nil {
		return fmt.Errorf("patch of Envoy's Deployment: %w", err)
	}
	return nil
}
