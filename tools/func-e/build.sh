#!/bin/sh
# Builds func-e, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../go/build.sh" "$folder" func-e github.com/tetratelabs/func-e github.com/tetratelabs/func-e/cmd/func-e
