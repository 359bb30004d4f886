#!/bin/sh
# tags.sh VERSION: prints the tags of the images of a release, one a line: v1.2.3, 1.2.3, 1.2 and latest. A version before a
# release (1.2.3-rc.1) gets the first two alone. VERSION is without v.
set -eu

version=$1
echo "v$version"
echo "$version"
case $version in
  *-*) ;;
  *)
    echo "${version%.*}"
    echo latest
    ;;
esac
