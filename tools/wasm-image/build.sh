#!/bin/sh
# build.sh NAME: builds wasm-image, or crane, which copies images to registries and serves one, and prints the path of the binary.
set -eu
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
name=$1
case $name in
  crane) command=github.com/google/go-containerregistry/cmd/crane ;;
  *) command=. ;;
esac
exec sh "$folder/../go/build.sh" "$folder" "$name" github.com/google/go-containerregistry "$command"
