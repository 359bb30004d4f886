#!/bin/sh
# stage.sh TARGET: fills the folder TARGET with all that control runs from, and nothing else: its sources, the compiled matcher
# and the packages that it needs. None of it depends on the processor, so that one folder serves the images of all.
# The Dockerfile calls it, and a test does the same without Docker. It runs in a copy of the sources, where it installs the
# tools that compile, and needs Node 20 or later with npm.
set -eu

target=$1
cd "$(dirname -- "$0")/../.."

# Scripts of packages are not run: none of ours needs one, and they are the usual way in for a bad package.
npm ci --ignore-scripts --no-audit --no-fund
npm run build

mkdir -p "$target/build"
cp -R control package.json package-lock.json LICENSE "$target"
cp build/matcher.wasm "$target/build"
cd "$target"
# The optional packages are Node itself, which the image has.
npm ci --ignore-scripts --no-audit --no-fund --omit=dev --omit=optional
rm package-lock.json
# Whoever looks for a way in gets no programs from us.
rm -rf node_modules/.bin
# As in every other copy, whatever the umask was.
chmod -R u=rwX,go=rX .
