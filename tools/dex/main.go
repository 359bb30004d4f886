// Command dex runs the Dex OAuth server on storage in memory, for tests and demonstrations. Dex's own command cannot be
// built from the Go module proxy (it needs a module that is not published); its server package can.
//
//	dex CONFIGURATION.yaml
//
// Once it accepts requests it prints one line of JSON, {"ready":true,"issuer":"…"}, to standard output; logs go to
// standard error. SIGINT and SIGTERM end it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dex CONFIGURATION.yaml")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "dex:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) error {
	c, err := readConfiguration(path)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: c.LogLevel}))

	listener, issuer, err := listen(c.Issuer)
	if err != nil {
		return err
	}
	defer listener.Close()
	store, err := openStorage(c, logger)
	if err != nil {
		return fmt.Errorf("storage: %w", err)
	}
	handler, err := newHandler(ctx, c, store, issuer, logger)
	if err != nil {
		return err
	}
	if err := addOwnConnector(ctx, c, store, issuer); err != nil {
		return err
	}

	web := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() {
		if c.TLS != nil {
			served <- web.ServeTLS(listener, c.TLS.CertificateFile, c.TLS.KeyFile)
		} else {
			served <- web.Serve(listener)
		}
	}()
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"ready": true, "issuer": issuer}); err != nil {
		return err
	}

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := web.Shutdown(deadline); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
