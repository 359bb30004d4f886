package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
)

// The files of a directory. Those that a client needs are the authority, the token and the kubeconfig.
const (
	authorityCertificate = "ca.crt"
	adminToken           = "admin.token"
	adminKubeconfig      = "admin.kubeconfig"
	serverCertificate    = "server.crt"
	serverKey            = "server.key"
	serviceAccountKey    = "service-account.key"
	tokenList            = "tokens.csv"
)

// openCredentials gives the administrator's way in, after making what the directory lacks.
func openCredentials(directory, url string) (*api.Config, error) {
	file := func(name string) string { return filepath.Join(directory, name) }
	// The kubeconfig is written last.
	if _, err := os.Stat(file(adminKubeconfig)); errors.Is(err, os.ErrNotExist) {
		if err := makeCredentials(file); err != nil {
			return nil, err
		}
	}
	token, err := os.ReadFile(file(adminToken))
	if err != nil {
		return nil, err
	}
	config := api.NewConfig()
	config.Clusters["local"] = &api.Cluster{Server: url, CertificateAuthority: file(authorityCertificate)}
	config.AuthInfos["admin"] = &api.AuthInfo{Token: string(token)}
	config.Contexts["local"] = &api.Context{Cluster: "local", AuthInfo: "admin"}
	config.CurrentContext = "local"
	// Each time, because the port may be another one.
	return config, clientcmd.WriteToFile(*config, file(adminKubeconfig))
}

func makeCredentials(file func(string) string) error {
	chain, key, err := cert.GenerateSelfSignedCertKey("127.0.0.1", nil, []string{"localhost", "kubernetes.default.svc"})
	if err != nil {
		return err
	}
	// The server's certificate comes first, and then its authority's.
	certificates, err := cert.ParseCertsPEM(chain)
	if err != nil {
		return err
	}
	authority, err := cert.EncodeCertificates(certificates[len(certificates)-1])
	if err != nil {
		return err
	}
	signingKey, err := makeSigningKey()
	if err != nil {
		return err
	}
	token, err := makeToken()
	if err != nil {
		return err
	}
	var list strings.Builder
	rows := csv.NewWriter(&list)
	if err := rows.Write([]string{token, "admin", "admin", user.SystemPrivilegedGroup}); err != nil {
		return err
	}
	rows.Flush()

	for name, content := range map[string][]byte{
		serverCertificate:    chain,
		serverKey:            key,
		authorityCertificate: authority,
		serviceAccountKey:    signingKey,
		adminToken:           []byte(token),
		tokenList:            []byte(list.String()),
	} {
		if err := os.WriteFile(file(name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// makeSigningKey makes an RSA key, because most clusters sign with one.
func makeSigningKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return keyutil.MarshalPrivateKeyToPEM(key)
}

func makeToken() (string, error) {
	random := make([]byte, 32)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return hex.EncodeToString(random), nil
}
