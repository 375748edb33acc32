#!/bin/sh
# guard.sh COMMAND...: becomes COMMAND, and leaves behind a guard that kills it when standard input
# ends. That is a pipe held by the JVM that started it, so it ends when the JVM does, however that dies.
# A session of its own: what a terminal sends to the JVM is not for the broker.
if [ "$1" != --in-session ]; then exec setsid sh "$0" --in-session "$@"; fi
shift
exec 3<&0 </dev/null
me=$$
# When the process began: field 22; the second, in brackets, may hold blanks.
began() {
  read -r line <"/proc/$me/stat" || return
  set -- ${line##*) }
  shift 19
  echo "$1"
}
# Twice in the background: an unknown child would confuse the broker.
( (
  trap '' HUP INT TERM
  mine=$(began)
  read -r _ <&3
  # The number may belong to another process by now.
  if [ -n "$mine" ] && [ "$(began)" = "$mine" ]; then kill -9 "$me"; fi
) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
