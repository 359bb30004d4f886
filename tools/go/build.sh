#!/bin/sh
# build.sh FOLDER NAME PACKAGE [COMMAND [VARIABLE]]: builds the Go module in FOLDER, or the command of another module that it
# requires, to a binary NAME, once for each version of PACKAGE that its go.mod requires and of its own sources, and prints the
# path. VARIABLE is one of Go's that is set to that version. Progress goes to standard error, so that the path can be read from
# standard output.
set -eu

folder=$1 name=$2 package=$3 command=${4:-.} variable=${5-}
cd "$folder"

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

# On a line of its own, or in a list.
version=$(awk -v package="$package" '$1 == "require" { $0 = $2 " " $3 } $1 == package { print $2 }' go.mod)
# A cache may be shared between machines of several kinds.
sources=$( (printf %s "$variable"; uname -sm; cat go.mod go.sum; find . -maxdepth 1 -name '*.go' | sort | xargs cat) | digest | cut -c 1-12)
target="${XDG_CACHE_HOME:-$HOME/.cache}/envoy-token-broker/$name-$version-$sources"

if [ ! -x "$target/$name" ]; then
  if ! command -v go >/dev/null 2>&1; then
    echo "$name is built from source, which takes Go $(awk '$1 == "go" { print $2 }' go.mod) or later: https://go.dev/doc/install" >&2
    exit 1
  fi
  echo "building $name $version, takes minutes the first time" >&2
  mkdir -p "$target"
  # Two builds at once must not see each other's half of a file.
  unfinished="$target/$name.$$"
  trap 'rm -f "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM
  CGO_ENABLED=0 nice -n 10 go build -trimpath -ldflags "-s -w${variable:+ -X $variable=$version}" -o "$unfinished" "$command"
  mv "$unfinished" "$target/$name"
  echo "built $target/$name" >&2
fi

echo "$target/$name"
