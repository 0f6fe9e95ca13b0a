#!/usr/bin/env bash
# Makes sure that the tests of connectors find the servers that they start themselves: PostgreSQL, and Dovecot for
# IMAP. Installs them where that is possible; elsewhere it says what is missing and goes on: those tests are then
# skipped with that reason, but in CI.
set -euo pipefail

missing=()
if ! command -v postgres >/dev/null && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
    missing+=(postgresql)
fi
if ! command -v dovecot >/dev/null && [ ! -x /usr/sbin/dovecot ]; then missing+=(dovecot-imapd); fi

if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    # without a cluster that would start with the machine
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then exit 0; fi
    echo "apt-get could not install: ${missing[*]}." >&2
fi
echo "The tests that need these will be skipped: ${missing[*]} missing." >&2
echo "On Debian, as root: apt-get install ${missing[*]}" >&2
