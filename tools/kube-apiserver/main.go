// Command kube-apiserver is a real Kubernetes API server and the etcd that it needs in one process on 127.0.0.1, for tests
// and demonstrations. It needs no root, no cgo and no other program. Controllers are not in it: service accounts are made
// by hand, pods never run, and a namespace that is deleted never goes away.
//
//	kube-apiserver -directory DIRECTORY [-port PORT] [-- FLAG...]
//
// Everything it keeps is in DIRECTORY: started there again, it has the same objects, authority, keys and tokens. PORT is
// any free one by default. FLAGs are those of Kubernetes' own kube-apiserver, and replace ours of the same name.
//
// Once it is ready it prints one line of JSON, {"ready":true,"url":"…"}, to standard output; logs go to standard error.
// SIGINT and SIGTERM end it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	directory := flag.String("directory", "", "where everything is kept; made when it is missing")
	port := flag.Int("port", 0, "the port on 127.0.0.1; 0: any free one")
	flag.Parse()
	if *directory == "" {
		flag.Usage()
		os.Exit(2)
	}
	code, err := run(*directory, *port, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "kube-apiserver:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(directory string, port int, flags []string) (int, error) {
	directory, err := filepath.Abs(directory)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return 0, err
	}
	if port == 0 {
		if port, err = findFreePort(); err != nil {
			return 0, err
		}
	}
	url := fmt.Sprintf("https://127.0.0.1:%d", port)
	config, err := openCredentials(directory, url)
	if err != nil {
		return 0, err
	}
	client, err := newClient(config)
	if err != nil {
		return 0, err
	}
	store, err := startEtcd(directory)
	if err != nil {
		return 0, err
	}
	defer store.Close()

	go func() {
		waitUntilReady(client, url)
		// Nothing can be done about a closed standard output.
		_ = json.NewEncoder(os.Stdout).Encode(map[string]any{"ready": true, "url": url})
	}()
	server := app.NewAPIServerCommand() // It handles the signals.
	server.SetArgs(combine(flagsFor(directory, port, url), flags))
	return cli.Run(server), nil
}

func flagsFor(directory string, port int, url string) []string {
	file := func(name string) string { return filepath.Join(directory, name) }
	return []string{
		"--etcd-servers=" + etcdURL(directory).String(),
		"--bind-address=127.0.0.1",
		"--advertise-address=127.0.0.1",
		fmt.Sprintf("--secure-port=%d", port),
		// The endpoints of the service "kubernetes" may not be a loopback address.
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + file(serverCertificate),
		"--tls-private-key-file=" + file(serverKey),
		"--cert-dir=" + file("certificates"),
		// Without it open watches hold up the end for a minute.
		"--shutdown-watch-termination-grace-period=1s",
		"--token-auth-file=" + file(tokenList),
		"--authorization-mode=RBAC",
		"--service-cluster-ip-range=10.0.0.0/24",
		"--service-account-issuer=" + url,
		"--service-account-jwks-uri=" + url + "/openid/v1/jwks",
		"--service-account-signing-key-file=" + file(serviceAccountKey),
		"--service-account-key-file=" + file(serviceAccountKey),
	}
}

// combine leaves out the defaults that are given again: some flags may be repeated, and mean more each time.
func combine(defaults, given []string) []string {
	name := func(flag string) string { return strings.SplitN(flag, "=", 2)[0] }
	replaced := map[string]bool{}
	for _, flag := range given {
		replaced[name(flag)] = true
	}
	var all []string
	for _, flag := range defaults {
		if !replaced[name(flag)] {
			all = append(all, flag)
		}
	}
	return append(all, given...)
}

func findFreePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
