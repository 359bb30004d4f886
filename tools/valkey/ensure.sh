#!/bin/sh
# Prints the path of a Valkey server: $VALKEY_SERVER, else valkey-server or redis-server on PATH, else Debian's, which is installed
# first where that may be done. Progress goes to standard error, so that the path can be read from standard output.
set -eu

find_server() {
  command -v valkey-server || command -v redis-server
}

if [ -n "${VALKEY_SERVER:-}" ]; then
  if [ ! -x "$VALKEY_SERVER" ]; then
    echo "VALKEY_SERVER=$VALKEY_SERVER cannot be run: point it to a Valkey server or unset it" >&2
    exit 1
  fi
  echo "$VALKEY_SERVER"
  exit 0
fi

find_server && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "these tests need a Valkey or Redis server: install one (on Debian 13: sudo apt-get install valkey-server, before it" >&2
  echo "redis-server), or say where one is: make test-valkey VALKEY_SERVER=/path/to/valkey-server" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >&2
# Debian 12 has no Valkey yet.
package=$(apt-cache search --names-only '^valkey-server$' | cut -d' ' -f1)
echo "installing ${package:-redis-server}" >&2
apt-get install -y -qq --no-install-recommends "${package:-redis-server}" >&2
find_server
