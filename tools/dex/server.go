package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	gosundheit "github.com/AppsFlyer/go-sundheit"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/server/session"
	"github.com/dexidp/dex/server/signer"
	"github.com/dexidp/dex/server/tokens"
	"github.com/dexidp/dex/storage"
	"github.com/go-jose/go-jose/v4"
)

const (
	// signingKeyLife is longer than any test, so that a token never outlives its key.
	signingKeyLife = "6h"
	// refreshReuse is for how long a refresh token that was rotated is still good: several requests of one page may
	// refresh at once, and each of them but the first comes with the former token.
	refreshReuse = "10s"
	sessionLife  = 24 * time.Hour
)

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
func newHandler(
	ctx context.Context, c *configuration, store storage.Storage, issuer string, logger *slog.Logger,
) (http.Handler, error) {
	now := func() time.Time { return time.Now().UTC() }
	lifetime := time.Duration(c.TokenLifetime)

	keys := signer.LocalConfig{
		KeysRotationPeriod: signingKeyLife,
		Algorithm:          jose.SignatureAlgorithm(c.Algorithm),
	}
	tokenSigner, err := keys.Open(ctx, store, lifetime, now, logger)
	if err != nil {
		return nil, fmt.Errorf("signer: %w", err)
	}
	refresh, err := tokens.NewRefreshTokenPolicy(logger, false, "", "", refreshReuse)
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
		SessionConfig:      sessionsOf(c),
		Signer:             tokenSigner,
		Now:                now,
		Logger:             logger,
		// Without a checker Dex panics on /healthz.
		HealthChecker: gosundheit.New(),
	})
}

// sessionsOf gives the settings of sessions; nil switches them off.
func sessionsOf(c *configuration) *session.Config {
	if !c.Sessions {
		return nil
	}
	key := make([]byte, 32)
	rand.Read(key) // It never fails, as its documentation says.
	return &session.Config{
		CookieName:           "dex_session",
		CookieEncryptionKey:  key,
		AbsoluteLifetime:     sessionLife,
		ValidIfNotUsedFor:    sessionLife,
		SSOSharedWithDefault: "all",
	}
}
