package main

import (
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
		hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.MinCost)
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
