#!/bin/sh
# Builds Dex once for each version of it and of this folder, and prints the path of the binary. Progress goes to standard
# error, so that the path can be read from standard output.
set -eu

folder=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
cd "$folder"

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

version=$(awk '$1 == "github.com/dexidp/dex" { print $2 }' go.mod)
# A cache may be shared between machines of several kinds.
sources=$( (uname -sm; cat go.mod go.sum ./*.go) | digest | cut -c 1-12)
target="${XDG_CACHE_HOME:-$HOME/.cache}/envoy-token-broker/dex-$version-$sources"

if [ ! -x "$target/dex" ]; then
  if ! command -v go >/dev/null 2>&1; then
    echo "Dex is built from source, which takes Go $(awk '$1 == "go" { print $2 }' go.mod) or later: https://go.dev/doc/install" >&2
    exit 1
  fi
  echo "building Dex $version, takes minutes the first time" >&2
  mkdir -p "$target"
  # Two builds at once must not see each other's half of a file.
  unfinished="$target/dex.$$"
  trap 'rm -f "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM
  CGO_ENABLED=0 nice -n 10 go build -trimpath -ldflags '-s -w' -o "$unfinished" .
  mv "$unfinished" "$target/dex"
  echo "built $target/dex" >&2
fi

echo "$target/dex"
