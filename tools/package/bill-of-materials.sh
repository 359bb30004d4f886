#!/bin/sh
# bill-of-materials.sh FORMAT: prints what control's image is made of (SBOM), besides Node and Debian. FORMAT is cyclonedx or
# spdx. Needs Node 22.18 or later with npm.
set -eu

cd "$(dirname -- "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
node tools/package/main.ts "$folder"
cd "$folder"
npm sbom --package-lock-only --sbom-format "$1"
