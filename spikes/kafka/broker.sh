#!/bin/bash
# broker.sh DATADIR CLIENT_PORT CONTROLLER_PORT [ADVERTISED_PORT]   one private broker; the pid of this script becomes the broker's
set -e
C=${MISSIVE_CACHE:-$HOME/.cache/missive}/kafka-4.3.1 D=$1 PORT=$2 CPORT=$3 ADV=${4:-$2}
[ -f "$C/cp.txt" ] || { echo "no class path in $C/cp.txt: run mvn dependency:build-classpath for kafka_2.13:4.3.1 there" >&2; exit 1; }
mkdir -p "$D"
cat > "$D/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$CPORT
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:$CPORT
advertised.listeners=PLAINTEXT://127.0.0.1:$ADV
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=$D/data
num.network.threads=1
num.io.threads=2
background.threads=2
log.cleaner.dedupe.buffer.size=2097152
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=1500
broker.heartbeat.interval.ms=300
group.min.session.timeout.ms=1500
P
J=("${JAVA_HOME:-/usr}/bin/java" -Xms96m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$(cat "$C/cp.txt")")
[ -f "$D/data/meta.properties" ] || "${J[@]}" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qk -c "$D/server.properties" > "$D/format.log" 2>&1
exec "${J[@]}" kafka.Kafka "$D/server.properties" >> "$D/broker.log" 2>&1
