#!/bin/bash
# rabbit-tool.sh BROKER_PID EPMD_PORT NODE TOOL ARGUMENTS...: runs a tool of RabbitMQ inside the node's tree.
set -e
pid=$1 epmd=$2 node=$3 tool=$4; shift 4
user=()
[ "$(id -u)" = 0 ] || user=(-U --preserve-credentials)
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/mnt/data/home ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
  RABBITMQ_NODENAME="$node@localhost" \
  nsenter -t "$pid" "${user[@]}" -m -r -w sh -c 'tool=$1; shift; exec "/usr/lib/rabbitmq/bin/$tool" "$@"' _ "$tool" "$@"
