package main

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

const etcdPatience = time.Minute

// etcdURL is a Unix socket: nobody else on the machine reaches it, and no port has to be free.
func etcdURL(directory string) *url.URL {
	return &url.URL{Scheme: "unix", Path: filepath.Join(directory, "etcd.sock")}
}

// startEtcd starts an etcd with one member on the data that is kept in the directory.
func startEtcd(directory string) (*embed.Etcd, error) {
	clients := etcdURL(directory)
	// One that was killed leaves its socket behind.
	if err := os.Remove(clients.Path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}

	c := embed.NewConfig()
	c.Dir = filepath.Join(directory, "etcd")
	c.LogLevel = "error"
	// The data have to outlive this process, not the machine.
	c.UnsafeNoFsync = true
	c.ListenClientUrls = []url.URL{*clients}
	// There are no peers. The addresses that it tells others by default are never asked for.
	c.ListenPeerUrls = nil
	started, err := embed.StartEtcd(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-started.Server.ReadyNotify():
		return started, nil
	case err := <-started.Err():
		return nil, err
	case <-time.After(etcdPatience):
		started.Close()
		return nil, errors.New("etcd is not ready after " + etcdPatience.String())
	}
}
