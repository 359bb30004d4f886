package main

import (
	"archive/tar"
	"bytes"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The types of the oci layout.
const (
	moduleConfig types.MediaType = "application/vnd.module.wasm.config.v1+json"
	moduleLayer  types.MediaType = "application/vnd.module.wasm.content.layer.v1+wasm"
)

// compatImage is an image for wasi/wasm with one compressed layer, which holds plugin.wasm and nothing else.
func compatImage(code []byte, annotations map[string]string) (v1.Image, error) {
	archive, err := archiveOf("plugin.wasm", code)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive)), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		Architecture: "wasm",
		OS:           "wasip1",
		RootFS:       v1.RootFS{Type: "layers"},
		Config:       v1.Config{Labels: annotations},
	})
	if err != nil {
		return nil, err
	}
	return finish(image, annotations, layer)
}

// ociImage has the module as it is. Both consumers want exactly two layers, of which the first says how the module is to be
// run; theirs is a configuration of their own, so ours says nothing.
func ociImage(code []byte, annotations map[string]string) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), moduleConfig)
	return finish(image, annotations, static.NewLayer([]byte("{}"), moduleConfig), static.NewLayer(code, moduleLayer))
}

func finish(image v1.Image, annotations map[string]string, layers ...v1.Layer) (v1.Image, error) {
	image, err := mutate.AppendLayers(image, layers...)
	if err != nil {
		return nil, err
	}
	return mutate.Annotations(image, annotations).(v1.Image), nil
}

// archiveOf holds one file that anybody may read, without a time: the same content has to be the same archive.
func archiveOf(name string, content []byte) ([]byte, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), Format: tar.FormatUSTAR}
	if err := writer.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
