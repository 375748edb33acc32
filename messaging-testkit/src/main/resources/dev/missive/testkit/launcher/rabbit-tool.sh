#!/bin/bash
# rabbit-tool.sh BROKER_PID EPMD_PORT NODE TOOL ARGUMENTS...: runs a tool of RabbitMQ inside the node's tree.
set -e
pid=$1 epmd=$2 node=$3 tool=$4; shift 4
user=()
[ "$(readlink "/proc/$pid/ns/user")" = "$(readlink /proc/self/ns/user)" ] || user=(-U --preserve-credentials)
# A node answers clients some moments before it answers its tools; asked once for each start.
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/mnt/data/home ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
  RABBITMQ_NODENAME="$node@localhost" \
  nsenter -t "$pid" "${user[@]}" -m -r -w sh -ec '
    ready=/mnt/data/tools-ready-$1 tool=$2; shift 2
    [ -e "$ready" ] || { /usr/lib/rabbitmq/bin/rabbitmqctl -q await_startup --timeout 60 >&2; : >"$ready"; }
    exec "/usr/lib/rabbitmq/bin/$tool" "$@"' _ "$pid" "$tool" "$@"
