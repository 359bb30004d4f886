package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// repository is where the image is, in a registry that has no other.
const repository = "envoy-token-broker/filter:test"

// ociRegistry is a registry in memory, over plain HTTP, that holds one image.
type ociRegistry struct {
	image  string
	digest string
	*http.Server
}

// startRegistry serves the module as an image of the "compat" layout: one layer, in which the module is plugin.wasm.
func startRegistry(module string) (*ociRegistry, error) {
	image, err := buildImage(module)
	if err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		return nil, err
	}
	server := &http.Server{
		Handler:           registry.New(registry.Logger(log.New(io.Discard, "", 0))),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go server.Serve(listener)

	reference, err := name.ParseReference(fmt.Sprintf("%s/%s", listener.Addr(), repository))
	if err == nil {
		err = remote.Write(reference, image)
	}
	if err != nil {
		server.Close()
		return nil, err
	}
	return &ociRegistry{image: reference.Name(), digest: digest.Hex, Server: server}, nil
}

func buildImage(module string) (v1.Image, error) {
	code, err := os.ReadFile(module)
	if err != nil {
		return nil, err
	}
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	if err := writer.WriteHeader(&tar.Header{Name: "plugin.wasm", Mode: 0o644, Size: int64(len(code))}); err != nil {
		return nil, err
	}
	if _, err := writer.Write(code); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layer)
}
