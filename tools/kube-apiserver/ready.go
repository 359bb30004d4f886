package main

import (
	"net/http"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// newClient gives a client that is the administrator.
func newClient(config *api.Config) (*http.Client, error) {
	settings, err := clientcmd.NewDefaultClientConfig(*config, nil).ClientConfig()
	if err != nil {
		return nil, err
	}
	settings.Timeout = 5 * time.Second
	return rest.HTTPClientFor(settings)
}

// waitUntilReady asks the server until it says that it is ready; where it never is, its command ends the process.
func waitUntilReady(client *http.Client, url string) {
	defer client.CloseIdleConnections()
	for !isReady(client, url) {
		time.Sleep(50 * time.Millisecond)
	}
}

func isReady(client *http.Client, url string) bool {
	response, err := client.Get(url + "/readyz")
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
