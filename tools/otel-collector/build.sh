#!/bin/sh
# Builds the OpenTelemetry collector once for each version of this folder, and prints the path of the binary. Progress goes to standard
# error, so that the path can be read from standard output.
set -eu

folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$folder"

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

version=$(awk '$1 == "go.opentelemetry.io/collector/otelcol" { print $2 }' go.mod)
# A cache may be shared between machines of several kinds.
sources=$( (uname -sm; cat go.mod go.sum ./*.go) | digest | cut -c 1-12)
target="${XDG_CACHE_HOME:-$HOME/.cache}/envoy-token-broker/otel-collector-$version-$sources"

if [ ! -x "$target/otel-collector" ]; then
  if ! command -v go >/dev/null 2>&1; then
    echo "The collector is built from source, which takes Go $(awk '$1 == "go" { print $2 }' go.mod) or later: https://go.dev/doc/install" >&2
    exit 1
  fi
  echo "building the OpenTelemetry collector $version, takes a minute the first time" >&2
  mkdir -p "$target"
  # Two builds at once must not see each other's half of a file.
  unfinished="$target/otel-collector.$$"
  trap 'rm -f "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM
  CGO_ENABLED=0 nice -n 10 go build -trimpath -ldflags '-s -w' -o "$unfinished" .
  mv "$unfinished" "$target/otel-collector"
  echo "built $target/otel-collector" >&2
fi

echo "$target/otel-collector"
