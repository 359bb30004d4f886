#!/bin/sh
# Prints the path of a Chromium: $CHROMIUM, else one on PATH, else Debian's, which is installed first where that may be done.
# Progress goes to standard error, so that the path can be read from standard output.
set -eu

find_chromium() {
  command -v chromium || command -v chromium-browser || command -v google-chrome
}

if [ -n "${CHROMIUM:-}" ]; then
  if [ ! -x "$CHROMIUM" ]; then
    echo "CHROMIUM=$CHROMIUM cannot be run: point it to a Chromium or unset it" >&2
    exit 1
  fi
  echo "$CHROMIUM"
  exit 0
fi

find_chromium && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "the browser tests need Chromium: install it (on Debian: sudo apt-get install chromium)," >&2
  echo "or say where one is: make test-browser CHROMIUM=/path/to/chromium" >&2
  exit 1
fi

echo "installing chromium" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
apt-get install -y -qq --no-install-recommends chromium >&2
find_chromium
