#!/bin/sh
# Collects the definitions of the custom resources that our manifests use, once for each version of go.mod, and prints the path
# of the folder. They are files in Go modules, so that Go fetches them and go.sum vouches for them.
set -eu
cd -- "$(dirname -- "$0")"

digest() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

target="${XDG_CACHE_HOME:-$HOME/.cache}/envoy-token-broker/custom-resources-$(cat go.mod go.sum collect.sh | digest | cut -c 1-12)"
unfinished="$target.$$"

# collect MODULE FILE...: copies files of a module, to which paths are relative.
collect() {
  module=$1
  shift
  version=$(awk -v module="$module" '$1 == module { print $2 }' go.mod)
  folder=$(go mod download -json "$module@$version" | sed -n 's/^.*"Dir": "\(.*\)".*$/\1/p')
  for file in "$@"; do cp "$folder"/$file "$unfinished/"; done
}

if [ ! -d "$target" ]; then
  if ! command -v go >/dev/null 2>&1; then
    echo "definitions of custom resources come from Go modules, which takes Go: https://go.dev/doc/install" >&2
    exit 1
  fi
  mkdir -p "$unfinished"
  trap 'rm -rf "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM
  collect github.com/envoyproxy/gateway 'charts/gateway-helm/charts/crds/crds/*.yaml' 'charts/gateway-helm/charts/crds/crds/generated/*.yaml'
  collect istio.io/api 'kubernetes/customresourcedefinitions.gen.yaml'
  collect github.com/prometheus-operator/prometheus-operator 'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml'
  chmod -R u+w "$unfinished"
  # Another one may have been faster.
  mv "$unfinished" "$target" 2>/dev/null || [ -d "$target" ]
fi

echo "$target"
