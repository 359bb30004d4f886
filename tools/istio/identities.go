package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	"istio.io/istio/pkg/spiffe"
	pki "istio.io/istio/security/pkg/pki/util"
)

const (
	trustDomain = "cluster.local"
	// certificateLife is longer than any test, and shorter than what a forgotten file could do harm with.
	certificateLife = 6 * time.Hour
)

// authority signs the certificates of workloads, as istiod does.
type authority struct {
	certificate *x509.Certificate
	key         crypto.PrivateKey
	// root is the certificate in PEM.
	root []byte
}

func newAuthority() (*authority, error) {
	root, keyPEM, err := pki.GenCertKeyFromOptions(pki.CertOptions{
		Org: trustDomain, TTL: certificateLife, IsCA: true, IsSelfSigned: true, ECSigAlg: pki.EcdsaSigAlg,
	})
	if err != nil {
		return nil, err
	}
	certificate, err := pki.ParsePemEncodedCertificate(root)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(keyPEM)
	if block == nil {
		return nil, errors.New("the key is not in PEM")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return &authority{certificate: certificate, key: key, root: root}, nil
}

// issue gives a certificate and its key, in PEM, for the service account that Envoy's node names. In a cluster the agent
// proves with the account's token that it is the one.
func (a *authority) issue(node *corev3.Node) (certificate, key []byte, err error) {
	fields := node.GetMetadata().GetFields()
	namespace, account := fields["NAMESPACE"].GetStringValue(), fields["SERVICE_ACCOUNT"].GetStringValue()
	if namespace == "" || account == "" {
		return nil, nil, fmt.Errorf("node %q names no service account", node.GetId())
	}
	return pki.GenCertKeyFromOptions(pki.CertOptions{
		Host:       spiffe.MustGenSpiffeURIForTrustDomain(trustDomain, namespace, account),
		TTL:        certificateLife,
		SignerCert: a.certificate,
		SignerPriv: a.key,
		IsClient:   true,
		IsServer:   true,
		ECSigAlg:   pki.EcdsaSigAlg,
	})
}
