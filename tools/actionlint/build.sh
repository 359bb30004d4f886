#!/bin/sh
# Builds actionlint, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../go/build.sh" "$folder" actionlint github.com/rhysd/actionlint github.com/rhysd/actionlint/cmd/actionlint
