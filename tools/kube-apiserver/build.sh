#!/bin/sh
# Builds Kubernetes' API server with etcd inside, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
# Without a version of its own the server would call itself v0.0.0.
exec sh "$folder/../go/build.sh" "$folder" kube-apiserver k8s.io/kubernetes . k8s.io/component-base/version.gitVersion
