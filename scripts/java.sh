#!/usr/bin/env bash
# Makes sure that Spark finds a Java of version 17 or newer. Installs one where that is possible; elsewhere it says what
# is missing and fails: nothing of Spark starts without.
set -euo pipefail

java=${JAVA_HOME:+$JAVA_HOME/bin/}java
if command -v "$java" >/dev/null; then
    version=$("$java" -version 2>&1 | sed -nE '1s/.*version "([0-9]+).*/\1/p')
    if [ "${version:-0}" -ge 17 ]; then exit 0; fi
    echo "$java is version ${version:-unknown}." >&2
fi
if [ -z "${JAVA_HOME:-}" ] && command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    package=openjdk-17-jre-headless
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then exit 0; fi
    echo "apt-get could not install $package." >&2
fi
echo "Spark needs Java 17 or newer. Install it, or point JAVA_HOME to one. On Debian: apt-get install openjdk-17-jre-headless" >&2
exit 1
