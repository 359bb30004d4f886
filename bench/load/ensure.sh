#!/bin/sh
# Makes sure that there is a wrk and an h2load, installing Debian's where that may be done.
set -eu

missing=
command -v wrk >/dev/null 2>&1 || missing="$missing wrk"
command -v h2load >/dev/null 2>&1 || missing="$missing nghttp2-client"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "the benchmark needs wrk and h2load: install them (on Debian: sudo apt-get install$missing)" >&2
  exit 1
fi

echo "installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >&2
