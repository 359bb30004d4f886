package main

import (
	"context"
	"fmt"
	"os"

	"istio.io/istio/pkg/wasm"
)

// fetchModule gets a module out of an image, as Istio's agent does beside each Envoy, and prints the image's digest.
func fetchModule(ctx context.Context, image, file string) error {
	fetch, digest, err := wasm.NewImageFetcher(ctx, wasm.ImageFetcherOption{}).PrepareFetch(image)
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
