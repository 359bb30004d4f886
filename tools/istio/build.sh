#!/bin/sh
# Builds the part of Istio that tests need, and prints the path of the binary.
folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
exec sh "$folder/../go/build.sh" "$folder" istio istio.io/istio
