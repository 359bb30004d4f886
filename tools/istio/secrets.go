package main

import (
	"fmt"
	"net"

	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	discoveryv3 "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	secretv3 "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
	"istio.io/istio/pkg/model"
	"istio.io/istio/pkg/test"
)

// secrets hands out certificates by secret discovery, as Istio's agent does beside each Envoy: there it knows one workload,
// here whichever asks.
type secrets struct {
	secretv3.UnimplementedSecretDiscoveryServiceServer
	authority *authority
}

// startSecrets serves secrets, and gives the address.
func startSecrets(t test.Failer) (string, error) {
	authority, err := newAuthority()
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("tcp", anyPort)
	if err != nil {
		return "", err
	}
	server := grpc.NewServer()
	secretv3.RegisterSecretDiscoveryServiceServer(server, &secrets{authority: authority})
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String(), nil
}

// StreamSecrets answers what an Envoy asks for; nothing changes afterwards.
func (s *secrets) StreamSecrets(stream secretv3.SecretDiscoveryService_StreamSecretsServer) error {
	var node *corev3.Node
	for {
		request, err := stream.Recv()
		if err != nil {
			return err
		}
		// Only the first request of a stream says who it is from.
		if request.GetNode() != nil {
			node = request.GetNode()
		}
		// What has a nonce is Envoy's word on an answer.
		if request.GetResponseNonce() != "" {
			continue
		}
		answer := &discoveryv3.DiscoveryResponse{VersionInfo: "1", Nonce: "1", TypeUrl: request.GetTypeUrl()}
		for _, name := range request.GetResourceNames() {
			secret, err := s.build(name, node)
			if err != nil {
				return err
			}
			resource, err := anypb.New(secret)
			if err != nil {
				return err
			}
			answer.Resources = append(answer.Resources, resource)
		}
		if err := stream.Send(answer); err != nil {
			return err
		}
	}
}

func (s *secrets) build(name string, node *corev3.Node) (*tlsv3.Secret, error) {
	switch name {
	case model.SDSDefaultResourceName:
		certificate, key, err := s.authority.issue(node)
		if err != nil {
			return nil, err
		}
		return &tlsv3.Secret{Name: name, Type: &tlsv3.Secret_TlsCertificate{TlsCertificate: &tlsv3.TlsCertificate{
			CertificateChain: inline(certificate),
			PrivateKey:       inline(key),
		}}}, nil
	case model.SDSRootResourceName:
		return &tlsv3.Secret{Name: name, Type: &tlsv3.Secret_ValidationContext{
			ValidationContext: &tlsv3.CertificateValidationContext{TrustedCa: inline(s.authority.root)},
		}}, nil
	default:
		return nil, fmt.Errorf("there is no secret %q", name)
	}
}

func inline(text []byte) *corev3.DataSource {
	return &corev3.DataSource{Specifier: &corev3.DataSource_InlineBytes{InlineBytes: text}}
}
