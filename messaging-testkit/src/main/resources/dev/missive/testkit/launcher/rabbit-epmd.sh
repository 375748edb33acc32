#!/bin/bash
# rabbit-epmd.sh ROOT PORT: becomes the name server of Erlang nodes. Without one the first node would
# start one that outlives it.
set -e
inside=()
chroot "$1" true 2>/dev/null || inside=(unshare --user --map-root-user)
exec "${inside[@]}" chroot "$1" /usr/bin/epmd -port "$2" -address 127.0.0.1
