package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/dexidp/dex/storage"
	"github.com/ghodss/yaml"
)

// configuration is the YAML file that main reads. Keys that it does not know are refused.
type configuration struct {
	// Issuer is the URL that tokens name. Port 0 means any free port, which then stands in the issuer too.
	Issuer string `json:"issuer"`
	// TLS serves HTTPS; without it Dex speaks plain HTTP.
	TLS *tlsFiles `json:"tls"`
	// GrantTypes that clients may use; empty means all that Dex knows.
	GrantTypes []string `json:"grantTypes"`
	// TokenLifetime is a Go duration, 10m by default.
	TokenLifetime duration `json:"tokenLifetime"`
	// Algorithm of token signatures: RS256 (default) or ES256.
	Algorithm  string           `json:"algorithm"`
	Clients    []storage.Client `json:"clients"`
	Users      []user           `json:"users"`
	Connectors []connector      `json:"connectors"`
	// Sessions keeps people logged in between applications, and serves /logout (OpenID Connect RP-Initiated Logout).
	Sessions bool `json:"sessions"`
	// ExchangesOwnTokens is the ID of one more connector, by which this Dex's own access tokens can be exchanged.
	ExchangesOwnTokens string     `json:"exchangesOwnTokens"`
	LogLevel           slog.Level `json:"logLevel"`
}

type tlsFiles struct {
	CertificateFile string `json:"certificateFile"`
	KeyFile         string `json:"keyFile"`
}

// user is a row of Dex's own password database; Password is clear text, because these are test users.
type user struct {
	Email    string   `json:"email"`
	Password string   `json:"password"`
	Name     string   `json:"name"`
	ID       string   `json:"id"`
	Groups   []string `json:"groups"`
}

// connector is one of Dex's connectors; Config has the form that its Type wants.
type connector struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	GrantTypes []string        `json:"grantTypes"`
	Config     json.RawMessage `json:"config"`
}

// duration reads Go's notation ("90s", "10m") from a string.
type duration time.Duration

func (d *duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	if parsed <= 0 {
		return fmt.Errorf("duration %q is not positive", text)
	}
	*d = duration(parsed)
	return nil
}

func readConfiguration(path string) (*configuration, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := configuration{
		TokenLifetime: duration(10 * time.Minute),
		Algorithm:     "RS256",
		LogLevel:      slog.LevelWarn,
	}
	document, err := yaml.YAMLToJSON(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return nil, fmt.Errorf("%s: issuer: %w", path, err)
	}
	if issuer.Port() == "" {
		return nil, fmt.Errorf("%s: issuer: want scheme://host:port/path, have %q", path, c.Issuer)
	}
	if c.TLS == nil != (issuer.Scheme == "http") {
		return nil, fmt.Errorf("%s: issuer: scheme must be https with tls, http without", path)
	}
	if len(c.Clients) == 0 {
		return nil, errors.New(path + ": clients: at least one is needed")
	}
	return &c, nil
}
