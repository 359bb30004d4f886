#!/bin/sh
# Builds fetch-module, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../../go/build.sh" "$folder" fetch-module github.com/envoyproxy/gateway
