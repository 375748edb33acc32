#!/bin/bash
# node.sh VERSION PORT: a private node from the cache of scripts/fetch-brokers, data in target/; ends in exec, so the pid is the broker's
set -e
R=$HOME/.cache/missive/rabbitmq-$1 D=$PWD/target/node-$2 N=s$2 AMQP=$2 DIST=$(($2 + 1)) EPMD=$(($2 + 2))
mkdir -p "$D"/{home,mnesia,log,etc}
[ -f "$D/home/.erlang.cookie" ] || (umask 077; printf TESTCOOKIE > "$D/home/.erlang.cookie")
[ -f "$D/etc/enabled_plugins" ] || echo '[].' > "$D/etc/enabled_plugins"
[ -f "$D/etc/rabbitmq.conf" ] || cat > "$D/etc/rabbitmq.conf" <<C
listeners.tcp.1 = 127.0.0.1:$AMQP
log.console = true
log.console.level = info
log.file = false
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
C
V=( PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$D/home"
  ERL_EPMD_PORT="$EPMD" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP_SECONDS=0
  RABBITMQ_NODENAME="$N@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
  RABBITMQ_NODE_PORT="$AMQP" RABBITMQ_DIST_PORT="$DIST"
  RABBITMQ_MNESIA_BASE="$D/mnesia" RABBITMQ_LOG_BASE="$D/log" RABBITMQ_PID_FILE="$D/pid"
  RABBITMQ_FEATURE_FLAGS_FILE="$D/mnesia/feature_flags" RABBITMQ_GENERATED_CONFIG_DIR="$D/etc/gen"
  RABBITMQ_CONFIG_FILE="$D/etc/rabbitmq" RABBITMQ_ADVANCED_CONFIG_FILE="$D/etc/advanced"
  RABBITMQ_CONF_ENV_FILE="$D/etc/rabbitmq-env.conf" RABBITMQ_ENABLED_PLUGINS_FILE="$D/etc/enabled_plugins"
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
  RUNNING_UNDER_SYSTEMD=true )
NS=(unshare --mount --propagation private); PROC='mount -t proc proc "$R/proc"'
[ "$(id -u)" = 0 ] || { NS=(unshare --user --map-root-user --mount); PROC='mount --rbind /proc "$R/proc"'; }
PROC="$PROC; mount --rbind /dev \"\$R/dev\""
export R D
exec "${NS[@]}" bash -ec "$PROC"'; mount -t tmpfs tmpfs "$R/mnt"; mkdir "$R/mnt/data"; mount --bind "$D" "$R/mnt/data"
  exec chroot "$R" env -i "$@"' _ "${V[@]//$D//mnt/data}" /usr/lib/rabbitmq/bin/rabbitmq-server
