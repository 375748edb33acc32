#!/bin/bash
# kafka-node.sh LIBS DATA CLUSTER_ID SCRAM_USER: becomes a Kafka broker with DATA/server.properties.
set -e
# Small, and quick to start: a compiler that optimises less halves the start. Without memory a broker goes on with some of its
# threads; a test then sees requests that are never answered, where an end says what it was.
run=("$JAVA_HOME/bin/java" -Xms96m -Xmx512m -XX:+ExitOnOutOfMemoryError -XX:+UseSerialGC -XX:TieredStopAtLevel=1
  -Dorg.slf4j.simpleLogger.defaultLogLevel=warn)
# Halves the start once more; scripts/fetch-brokers makes it, of jars under this very path.
libs=$(readlink -f "$1")
archive=${libs%/*}/classes-$(sed -nE 's/^JAVA_VERSION="(.*)"/\1/p' "$JAVA_HOME/release" 2>/dev/null || true).jsa
[ ! -f "$archive" ] || run+=(-XX:SharedArchiveFile="$archive")
run+=(-cp "$libs/*")
if [ ! -f "$2/data/meta.properties" ]; then
  "${run[@]}" kafka.tools.StorageTool format -t "$3" -c "$2/server.properties" ${4:+--add-scram "$4"}
fi
exec "${run[@]}" kafka.Kafka "$2/server.properties"
