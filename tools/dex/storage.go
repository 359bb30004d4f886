package main

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/dexidp/dex/server/connectors"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"golang.org/x/crypto/bcrypt"
)

// openStorage gives a storage in memory that holds what the configuration names.
func openStorage(c *configuration, logger *slog.Logger) (storage.Storage, error) {
	store := storage.WithStaticClients(memory.New(logger), c.Clients)

	if len(c.Users) > 0 {
		passwords, err := hashPasswords(c.Users)
		if err != nil {
			return nil, err
		}
		store = storage.WithStaticPasswords(store, passwords, logger)
	}

	return storage.WithStaticConnectors(store, configuredConnectors(c)), nil
}

func hashPasswords(users []user) ([]storage.Password, error) {
	passwords := make([]storage.Password, 0, len(users))
	for _, u := range users {
		// Dex refuses to check a hash that was cheaper to make.
		hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.DefaultCost)
		if err != nil {
			return nil, err
		}
		passwords = append(passwords, storage.Password{
			Email:    u.Email,
			Hash:     hash,
			Username: u.Name,
			UserID:   u.ID,
			Groups:   u.Groups,
		})
	}
	return passwords, nil
}

func configuredConnectors(c *configuration) []storage.Connector {
	list := make([]storage.Connector, 0, len(c.Connectors)+1)
	for _, item := range c.Connectors {
		settings := []byte(item.Config)
		if len(settings) == 0 {
			settings = []byte("{}")
		}
		list = append(list, storage.Connector{
			ID:         item.ID,
			Type:       item.Type,
			Name:       item.Name,
			GrantTypes: item.GrantTypes,
			Config:     settings,
		})
	}
	// Dex refuses to start without any connector; its own password database counts as one.
	if len(c.Users) > 0 || len(list) == 0 {
		list = append(list, storage.Connector{
			ID:   connectors.LocalConnector,
			Type: connectors.LocalConnector,
			Name: "Users",
		})
	}
	return list
}

// addOwnConnector adds a connector that takes this Dex itself for its provider, and asks its userinfo endpoint about each
// token. It must not be there while Dex is being built: connectors ask their provider for its metadata when they are opened,
// and this one does not answer before it is served. What comes later is opened when it is first used.
func addOwnConnector(ctx context.Context, c *configuration, store storage.Storage, issuer string) error {
	if c.ExchangesOwnTokens == "" {
		return nil
	}
	settings, err := json.Marshal(map[string]any{
		"issuer":               issuer,
		"clientID":             c.ExchangesOwnTokens,
		"redirectURI":          issuer + "/callback",
		"scopes":               []string{"profile", "email", "groups"},
		"getUserInfo":          true,
		"insecureEnableGroups": true,
	})
	if err != nil {
		return err
	}
	return store.CreateConnector(ctx, storage.Connector{
		ID:         c.ExchangesOwnTokens,
		Type:       "oidc",
		Name:       "exchange of our own tokens",
		GrantTypes: []string{"urn:ietf:params:oauth:grant-type:token-exchange"},
		Config:     settings,
	})
}
