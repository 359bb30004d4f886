// Command fetch-module gets a Wasm module out of an image, with the code by which Envoy Gateway does.
//
//	fetch-module IMAGE FILE
//
// IMAGE is in a registry without TLS. It prints the image's digest, as `sha256` in an EnvoyExtensionPolicy has it.
package main

import (
	"context"
	"fmt"
	"os"

	egv1a1 "github.com/envoyproxy/gateway/api/v1alpha1"
	"github.com/envoyproxy/gateway/internal/logging"
	"github.com/envoyproxy/gateway/internal/wasm"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fetch-module IMAGE FILE")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "fetch-module:", err)
		os.Exit(1)
	}
}

func run(image, file string) error {
	logger := logging.NewLogger(os.Stderr, &egv1a1.EnvoyGatewayLogging{})
	fetcher, err := wasm.NewImageFetcher(context.Background(), wasm.ImageFetcherOption{Insecure: true}, logger)
	if err != nil {
		return err
	}
	fetch, digest, err := fetcher.PrepareFetch(image)
	if err != nil {
		return err
	}
	module, err := fetch()
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, module, 0o600); err != nil {
		return err
	}
	fmt.Println(digest)
	return nil
}
