#!/bin/sh
# Builds Dex, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../go/build.sh" "$folder" dex github.com/dexidp/dex
