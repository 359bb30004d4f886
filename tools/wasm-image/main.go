// Command wasm-image puts a Wasm module into an image, in the layout that a registry takes (OCI image layout), without Docker.
//
//	wasm-image -layout compat|oci -version VERSION -title TITLE MODULE FOLDER
//
// FOLDER is made, or gets one image more. There are two layouts of images of Wasm modules, and Istio and Envoy Gateway take
// both: compat is an ordinary image with one layer, in which the module is plugin.wasm, so that any registry and any tool takes
// it; oci is two blobs with types of their own, one of them the module as it is.
// https://github.com/solo-io/wasm/tree/master/spec
//
// The same module and parameters give the same digest, which is printed.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

func main() {
	kind := flag.String("layout", "compat", "compat or oci")
	version := flag.String("version", "", "of the module")
	title := flag.String("title", "", "of the image")
	flag.Parse()
	if flag.NArg() != 2 || *version == "" || *title == "" {
		flag.Usage()
		os.Exit(2)
	}
	digest, err := run(*kind, flag.Arg(0), flag.Arg(1), map[string]string{
		"org.opencontainers.image.title":    *title,
		"org.opencontainers.image.version":  *version,
		"org.opencontainers.image.source":   "https://github.com/envoy-token-broker/envoy-token-broker",
		"org.opencontainers.image.licenses": "Apache-2.0",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "wasm-image:", err)
		os.Exit(1)
	}
	fmt.Println(digest)
}

func run(kind, module, folder string, annotations map[string]string) (v1.Hash, error) {
	code, err := os.ReadFile(module)
	if err != nil {
		return v1.Hash{}, err
	}
	var image v1.Image
	switch kind {
	case "compat":
		image, err = compatImage(code, annotations)
	case "oci":
		image, err = ociImage(code, annotations)
	default:
		err = fmt.Errorf("there is no layout %q", kind)
	}
	if err != nil {
		return v1.Hash{}, err
	}
	path, err := openLayout(folder)
	if err != nil {
		return v1.Hash{}, err
	}
	if err := path.AppendImage(image); err != nil {
		return v1.Hash{}, err
	}
	return image.Digest()
}

// openLayout makes the folder where there is none.
func openLayout(folder string) (layout.Path, error) {
	path, err := layout.FromPath(folder)
	if errors.Is(err, os.ErrNotExist) {
		return layout.Write(folder, empty.Index)
	}
	return path, err
}
