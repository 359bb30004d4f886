package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	meshconfig "istio.io/api/mesh/v1alpha1"
	"istio.io/istio/pkg/config"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	kubeyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// manifests are documents by what becomes of them in a cluster.
type manifests struct {
	// istio are the custom resources that istiod translates.
	istio []config.Config
	// kubernetes are Kubernetes' own objects.
	kubernetes []runtime.Object
	// mesh is istiod's own configuration; nil where no document says anything about it.
	mesh *meshconfig.MeshConfig
	// refusals are what a cluster would say about documents that it does not take. They are not among the others.
	refusals []error
	// warnings are what a cluster would say about documents that it takes.
	warnings []error
}

func readManifests(v *validator, files []string) *manifests {
	m := &manifests{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			m.refusals = append(m.refusals, err)
			continue
		}
		m.add(v, file, text)
	}
	return m
}

// refused gives an error when a cluster would not take all documents.
func (m *manifests) refused() error {
	return errors.Join(m.refusals...)
}

// add validates the documents of a file, and adds them.
func (m *manifests) add(v *validator, file string, text []byte) {
	documents := kubeyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		var object map[string]any
		if err == nil {
			object, err = parse(document)
		}
		if err != nil {
			m.refusals = append(m.refusals, fmt.Errorf("%s: %w", file, err))
			return
		}
		// Nothing but comments.
		if len(object) == 0 {
			continue
		}
		where := fmt.Sprintf("%s: %s", file, describe(object))
		warning, err := m.addDocument(v, &unstructured.Unstructured{Object: object})
		if err != nil {
			m.refusals = append(m.refusals, fmt.Errorf("%s: %w", where, err))
		}
		if warning != nil {
			m.warnings = append(m.warnings, fmt.Errorf("%s: %w", where, warning))
		}
	}
}

// parse reads a document as an apiserver would: whole numbers are such, and a key that comes twice is an error.
func parse(document []byte) (map[string]any, error) {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	object := map[string]any{}
	return object, json.Unmarshal(text, &object)
}

func (m *manifests) addDocument(v *validator, object *unstructured.Unstructured) (warning, err error) {
	if settings, isValues := object.Object["meshConfig"]; isValues && object.GetKind() == "" {
		if len(object.Object) != 1 {
			return nil, errors.New("of the chart's values only meshConfig may stand there")
		}
		m.mesh, warning, err = v.readMeshConfig(settings)
		return warning, err
	}
	if schema, isIstio := findSchema(object); isIstio {
		resource, warning, err := v.readIstio(schema, object)
		if err == nil {
			m.istio = append(m.istio, *resource)
		}
		return warning, err
	}
	resource, err := v.readKubernetes(object)
	if err == nil {
		m.kubernetes = append(m.kubernetes, resource)
	}
	return nil, err
}

func describe(object map[string]any) string {
	u := unstructured.Unstructured{Object: object}
	if u.GetKind() == "" {
		return "values"
	}
	return fmt.Sprintf("%s %s/%s", u.GetKind(), u.GetNamespace(), u.GetName())
}
