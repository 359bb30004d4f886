// Command istio validates manifests as a cluster with Istio would, and serves them to Envoy as Istio would, without a
// cluster.
//
//	istio validate FILE...
//	istio serve [-module FILE] FILE...
//	istio fetch IMAGE FILE
//
// Validating prints one line of JSON, {"refusals":["…"],"warnings":["…"]}, and ends with 1 when a cluster would refuse
// something. Serving validates first. Once Envoy can connect it prints one line of JSON, see readiness. SIGINT and SIGTERM
// end it. Fetching takes the Wasm module out of an image, and prints the image's digest as its last line.
//
// These lines go to standard output, and so does some of what Istio's own code logs.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

const usage = "usage: istio validate FILE... | istio serve [-module FILE] FILE... | istio fetch IMAGE FILE"

var errUsage = errors.New(usage)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, errUsage) {
		os.Exit(2)
	}
	os.Exit(1)
}

func run(ctx context.Context, parameters []string) error {
	if len(parameters) < 2 {
		return errUsage
	}
	switch parameters[0] {
	case "validate":
		return validateFiles(parameters[1:])
	case "serve":
		flags := flag.NewFlagSet("serve", flag.ContinueOnError)
		module := flags.String("module", "", "a Wasm module to serve as an OCI image")
		if err := flags.Parse(parameters[1:]); err != nil || flags.NArg() == 0 {
			return errUsage
		}
		return serve(ctx, *module, flags.Args())
	case "fetch":
		if len(parameters) != 3 {
			return errUsage
		}
		return fetchModule(ctx, parameters[1], parameters[2])
	default:
		return errUsage
	}
}

func validateFiles(files []string) error {
	v, err := newValidator()
	if err != nil {
		return err
	}
	m := readManifests(v, files)
	report := map[string][]string{"refusals": texts(m.refusals), "warnings": texts(m.warnings)}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		return err
	}
	return m.refused()
}

func texts(problems []error) []string {
	list := make([]string, 0, len(problems))
	for _, problem := range problems {
		list = append(list, problem.Error())
	}
	return list
}
