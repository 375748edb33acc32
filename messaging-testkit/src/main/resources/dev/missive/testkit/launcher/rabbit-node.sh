#!/bin/bash
# rabbit-node.sh ROOT DATA NODE AMQP_PORT DIST_PORT EPMD_PORT: becomes a RabbitMQ node. ROOT is an unpacked
# Debian tree; its Erlang needs a newer libc than the host may have, so it runs inside. DATA is /mnt/data there.
set -e
R=$1 D=$2 N=$3 AMQP=$4 DIST=$5 EPMD=$6
variables=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/mnt/data/home
  ERL_EPMD_PORT="$EPMD" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP_SECONDS=0
  RABBITMQ_NODENAME="$N@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
  RABBITMQ_NODE_PORT="$AMQP" RABBITMQ_DIST_PORT="$DIST"
  RABBITMQ_MNESIA_BASE=/mnt/data/mnesia RABBITMQ_LOG_BASE=/mnt/data/log RABBITMQ_PID_FILE=/mnt/data/pid
  RABBITMQ_FEATURE_FLAGS_FILE=/mnt/data/mnesia/feature_flags RABBITMQ_GENERATED_CONFIG_DIR=/mnt/data/etc/gen
  RABBITMQ_CONFIG_FILE=/mnt/data/etc/rabbitmq RABBITMQ_ADVANCED_CONFIG_FILE=/mnt/data/etc/advanced.config
  RABBITMQ_CONF_ENV_FILE=/mnt/data/etc/rabbitmq-env.conf RABBITMQ_ENABLED_PLUGINS_FILE=/mnt/data/etc/enabled_plugins
  # Inter-node traffic on loopback only, no busy waiting.
  RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} +sbwt none +sbwtdcpu none +sbwtdio none"
  # Makes the script become the VM; else kill -9 would hit the script and leave the VM running.
  RUNNING_UNDER_SYSTEMD=true)
# A private view of the file system, which vanishes with the process: as root, else as root of a name space of our own.
if unshare --mount --propagation private true 2>/dev/null; then
  space=(unshare --mount --propagation private)
  mounts='mount -t proc proc "$R/proc"'
elif unshare --user --map-root-user --mount true 2>/dev/null; then
  space=(unshare --user --map-root-user --mount)
  mounts='mount --rbind /proc "$R/proc"'
else
  echo "RabbitMQ cannot run here as a private process: it needs root with CAP_SYS_ADMIN, or user name spaces (sysctl" \
    "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0). Set RABBITMQ_URL to one that runs."
  exit 1
fi
export R D
exec "${space[@]}" bash -ec "$mounts"'; mount --rbind /dev "$R/dev"
  mount -t tmpfs tmpfs "$R/mnt"; mkdir "$R/mnt/data"; mount --bind "$D" "$R/mnt/data"
  exec chroot "$R" env -i "$@"' _ "${variables[@]}" /usr/lib/rabbitmq/bin/rabbitmq-server
