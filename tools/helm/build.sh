#!/bin/sh
# build.sh NAME: builds helm or kubectl, and prints the path of the binary.
set -eu
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=$1
case $name in
  helm) package=helm.sh/helm/v4 command=helm.sh/helm/v4/cmd/helm ;;
  *) package=k8s.io/kubectl command=. ;;
esac
exec sh "$folder/../go/build.sh" "$folder" "$name" "$package" "$command"
