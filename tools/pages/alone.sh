#!/bin/sh
# alone.sh COMMAND...: runs a command where it sees no other process and no other listener, and leaves nothing running. What the
# pages tell a reader to do has fixed ports and looks for processes by their names.
set -eu

if [ "${1-}" = --inside ]; then
  shift
  ip link set lo up
  status=0
  # Not exec: the first process of a namespace has to wait for what others leave behind, which this shell does.
  "$@" || status=$?
  exit "$status"
fi

for each in unshare ip; do
  if ! command -v "$each" >/dev/null 2>&1; then
    echo "the pages are tried in namespaces of Linux, which takes $each (Debian: util-linux and iproute2)" >&2
    exit 1
  fi
done
[ "$(id -u)" -eq 0 ] || user=--map-root-user
exec unshare ${user-} --net --pid --mount --fork --kill-child --mount-proc sh "$0" --inside "$@"
