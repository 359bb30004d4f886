package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"istio.io/istio/pkg/test"
)

const (
	anyPort = "127.0.0.1:0"
	// maximumManifests is more than a test ever sends, in bytes.
	maximumManifests = 1 << 20
)

// readiness is the line that says that Envoy can connect.
type readiness struct {
	Ready bool `json:"ready"`
	// Discovery is the address of the aggregated discovery service, without TLS.
	Discovery string `json:"discovery"`
	// Secrets is the address of the secret discovery service, likewise.
	Secrets string `json:"secrets"`
	// Manifests is the URL that takes other manifests by PUT: 204, or 400 with what is wrong with them.
	Manifests string `json:"manifests"`
	// Image is the module's OCI image, as a WasmPlugin names it but for the scheme; empty without a module.
	Image string `json:"image,omitempty"`
	// Digest is the image's, in hex.
	Digest string `json:"digest,omitempty"`
}

// serve serves the manifests of files until the context ends.
func serve(ctx context.Context, module string, files []string) error {
	v, err := newValidator()
	if err != nil {
		return err
	}
	m := readManifests(v, files)
	if err := m.refused(); err != nil {
		return err
	}
	ready := readiness{Ready: true}
	if module != "" {
		registry, err := startRegistry(module)
		if err != nil {
			return fmt.Errorf("registry: %w", err)
		}
		defer registry.Close()
		ready.Image, ready.Digest = registry.image, registry.digest
	}

	// Istio's server for its own tests wants one of them to live in.
	var failure error
	return errors.Join(test.Wrap(func(t test.Failer) {
		failure = serveIn(ctx, t, v, m, ready)
	}), failure)
}

func serveIn(ctx context.Context, t test.Failer, v *validator, m *manifests, ready readiness) error {
	d, err := startDiscovery(t, m)
	if err != nil {
		return err
	}
	secrets, err := startSecrets(t)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /manifests", func(answer http.ResponseWriter, request *http.Request) {
		if err := takeManifests(v, d, request.Body); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		answer.WriteHeader(http.StatusNoContent)
	})
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer web.Close()
	served := make(chan error, 1)
	go func() { served <- web.Serve(listener) }()

	ready.Discovery, ready.Secrets = d.address, secrets
	ready.Manifests = fmt.Sprintf("http://%s/manifests", listener.Addr())
	if err := json.NewEncoder(os.Stdout).Encode(ready); err != nil {
		return err
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		return nil
	}
}

func takeManifests(v *validator, d *discovery, body io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(body, maximumManifests))
	if err != nil {
		return err
	}
	m := &manifests{}
	m.add(v, "request", text)
	if err := m.refused(); err != nil {
		return err
	}
	if len(m.kubernetes) > 0 || m.mesh != nil {
		return errors.New("only Istio's resources may change while Envoy is connected")
	}
	return d.apply(m.istio)
}
