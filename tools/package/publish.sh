#!/bin/sh
# publish.sh VERSION FOLDER REGISTRY: puts the modules' images and the chart of FOLDER (release.sh) into REGISTRY, such as
# registry.example.com/name, and prints each image that is there now, by its digest: what is to be signed. Whoever runs it has
# logged in. With PLAIN_HTTP=1 the registry is one without TLS, for tests.
set -eu

version=$1 folder=$(CDPATH='' cd -- "$2" && pwd) registry=$3
cd "$(dirname -- "$0")/../.."
crane=$(sh tools/wasm-image/build.sh crane)
helm=$(sh tools/helm/build.sh helm)
insecure=${PLAIN_HTTP:+--insecure}

while read -r digest name; do
  module=${name%-*}
  # The ordinary tags are of the layout that every registry and every tool takes.
  case $name in
    *-oci) suffix=-oci ;;
    *) suffix= ;;
  esac
  # shellcheck disable=SC2086 # an option, or none
  sh tools/package/tags.sh "$version" | while read -r tag; do
    "$crane" push $insecure "$folder/images/$name" "$registry/$module:$tag$suffix" >/dev/null
  done
  echo "$registry/$module@$digest"
done <"$folder/images/DIGESTS"

digest=$("$helm" push "$folder/envoy-token-broker-$version.tgz" "oci://$registry/charts" ${PLAIN_HTTP:+--plain-http} 2>&1 |
  sed -n 's/^Digest: //p')
[ -n "$digest" ]
echo "$registry/charts/envoy-token-broker@$digest"
