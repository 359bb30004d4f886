#!/bin/sh
# build.sh NAME: builds envoy-gateway, egctl or check-manifests, and prints the path of the binary.
set -eu
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=$1
case $name in
  envoy-gateway | egctl) command=github.com/envoyproxy/gateway/cmd/$name ;;
  *) command=. ;;
esac
exec sh "$folder/../go/build.sh" "$folder" "$name" github.com/envoyproxy/gateway "$command"
