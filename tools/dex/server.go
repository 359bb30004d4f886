package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	gosundheit "github.com/AppsFlyer/go-sundheit"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/server/signer"
	"github.com/dexidp/dex/server/tokens"
	"github.com/go-jose/go-jose/v4"
)

// signingKeyLife is longer than any test, so that a token never outlives its key.
const signingKeyLife = "6h"

// listen opens the issuer's port and gives the issuer as clients must write it.
func listen(issuer string) (net.Listener, string, error) {
	parsed, err := url.Parse(issuer)
	if err != nil {
		return nil, "", err
	}
	listener, err := net.Listen("tcp", parsed.Host)
	if err != nil {
		return nil, "", err
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return nil, "", err
	}
	parsed.Host = net.JoinHostPort(parsed.Hostname(), port)
	return listener, parsed.String(), nil
}

// newHandler builds Dex itself.
func newHandler(ctx context.Context, c *configuration, issuer string, logger *slog.Logger) (http.Handler, error) {
	now := func() time.Time { return time.Now().UTC() }
	lifetime := time.Duration(c.TokenLifetime)

	store, err := openStorage(c, logger)
	if err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	keys := signer.LocalConfig{
		KeysRotationPeriod: signingKeyLife,
		Algorithm:          jose.SignatureAlgorithm(c.Algorithm),
	}
	tokenSigner, err := keys.Open(ctx, store, lifetime, now, logger)
	if err != nil {
		return nil, fmt.Errorf("signer: %w", err)
	}
	refresh, err := tokens.NewRefreshTokenPolicy(logger, false, "", "", "")
	if err != nil {
		return nil, fmt.Errorf("refresh tokens: %w", err)
	}

	return server.NewServer(ctx, server.Config{
		Issuer:             issuer,
		Storage:            store,
		AllowedGrantTypes:  c.GrantTypes,
		SkipApprovalScreen: true,
		IDTokensValidFor:   lifetime,
		RefreshTokenPolicy: refresh,
		Signer:             tokenSigner,
		Now:                now,
		Logger:             logger,
		// Without a checker Dex panics on /healthz.
		HealthChecker: gosundheit.New(),
	})
}
