#!/bin/sh
# release.sh VERSION FOLDER: fills FOLDER with what a release holds besides control's image: the modules, their images (as OCI
# layouts in images/, with their digests), the chart, and lists of what control is made of (SBOM), with checksums of all files.
# VERSION is without v. The filter has to be built. Needs Node, npm and Go.
set -eu

version=$1
mkdir -p "$2"
folder=$(CDPATH='' cd -- "$2" && pwd)
cd "$(dirname -- "$0")/../.."

wasm_image=$(sh tools/wasm-image/build.sh wasm-image)
helm=$(sh tools/helm/build.sh helm)

mkdir -p "$folder/images"
for module in filter filter-request-only; do
  cp "build/$module.wasm" "$folder/"
  for layout in compat oci; do
    digest=$("$wasm_image" -layout "$layout" -version "$version" -title "Envoy Token Broker, $module" \
      "build/$module.wasm" "$folder/images/$module-$layout")
    echo "$digest $module-$layout" >>"$folder/images/DIGESTS"
  done
done

"$helm" package deploy/helm --version "$version" --app-version "$version" --destination "$folder"

for format in cyclonedx spdx; do
  sh tools/package/bill-of-materials.sh "$format" >"$folder/control.$format.json"
done

cd "$folder"
if command -v sha256sum >/dev/null 2>&1; then sum=sha256sum; else sum='shasum -a 256'; fi
$sum ./*.wasm ./*.tgz ./*.json | sed 's# \./# #' >SHA256SUMS
