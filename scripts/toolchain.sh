# Finds bash, JDK and Maven; sourced by run, verify and scripts. Sets JAVA_HOME and MVN. Itself fit for bash 3.2.

# need_bash MAJOR MINOR: ends the script on an older bash; macOS comes with 3.2.
need_bash() {
  [ "${BASH_VERSINFO[0]}" -gt "$1" ] || { [ "${BASH_VERSINFO[0]}" -eq "$1" ] && [ "${BASH_VERSINFO[1]}" -ge "$2" ]; } || {
    echo "${0##*/}: bash $1.$2 or newer is needed on the PATH, this is $BASH_VERSION. macOS: brew install bash, and open a new terminal." >&2
    exit 3
  }
}

java_major() { "$1/bin/javac" -version 2>&1 | sed -nE 's/^javac ([0-9]+).*/\1/p'; }

# JAVA_HOME if it is good enough, else the javac on the PATH, else the oldest suitable one under /usr/lib/jvm.
find_java() {
  local candidate major path
  path=$(command -v javac 2>/dev/null || true)
  [ -n "$path" ] && path=$(dirname "$(dirname "$(readlink -f "$path")")")
  for candidate in "${JAVA_HOME:-}" "$path" /usr/lib/jvm/*17*/ /usr/lib/jvm/*2[1-9]*/; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    major=$(java_major "${candidate%/}")
    if [ -n "$major" ] && [ "$major" -ge 17 ]; then
      export JAVA_HOME=${candidate%/}
      return 0
    fi
  done
  echo "No JDK 17 or newer was found. Install one (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME." >&2
  exit 3
}

# JAVA25_HOME if it is good enough, else the newest JDK of at least this version under /usr/lib/jvm; nothing if there is none.
find_other_java() {
  local wanted=$1 candidate major best= best_major=0
  for candidate in "${JAVA25_HOME:-}" /usr/lib/jvm/*/; do
    [ -n "$candidate" ] && [ -x "$candidate/bin/javac" ] || continue
    major=$(java_major "${candidate%/}")
    if [ -n "$major" ] && [ "$major" -ge "$wanted" ] && [ "$major" -gt "$best_major" ]; then
      best=${candidate%/} best_major=$major
      [ "$candidate" != "${JAVA25_HOME:-}" ] || break
    fi
  done
  [ -z "$best" ] || echo "$best"
}

maven_version() { "$1" -v 2>/dev/null | sed -nE '1s/.*Maven ([0-9]+\.[0-9]+).*/\1/p'; }

maven_good() {
  local version; version=$(maven_version "$1")
  [ -n "$version" ] && [ "$(printf '%s\n3.8\n' "$version" | sort -V | head -1)" = 3.8 ]
}

# The Maven on the PATH; where it is missing, the system's package manager installs it if we may.
find_maven() {
  MVN=$(command -v mvn || true)
  if [ -z "$MVN" ] && [ "$(id -u)" = 0 ]; then
    echo "Maven is missing; installing it with the system's package manager ..." >&2
    if command -v apt-get >/dev/null; then apt-get -qq update >&2 && apt-get -qq install -y --no-install-recommends maven >&2
    elif command -v dnf >/dev/null; then dnf -q -y install maven >&2
    elif command -v apk >/dev/null; then apk add --quiet maven >&2
    fi || true
    MVN=$(command -v mvn || true)
  fi
  if [ -z "$MVN" ] || ! maven_good "$MVN"; then
    echo "Maven 3.8 or newer is needed on the PATH${MVN:+, found $(maven_version "$MVN")}. Debian: apt-get install maven; macOS: brew install maven." >&2
    exit 3
  fi
}
