#!/usr/bin/env bash
# Prints the path of a Python that is new enough and can make virtual environments, or says what to do.
set -euo pipefail

works() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for name in python3.11 python3.12 python3.13 python3 python; do
    if path=$(command -v "$name") && works "$path"; then
        if ! "$path" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            version=$("$path" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            echo "$path cannot make virtual environments. On Debian and Ubuntu: apt-get install python$version-venv" >&2
            exit 1
        fi
        echo "$path"
        exit 0
    fi
done
echo "cxloop needs Python 3.11 or newer, and none was found on PATH. On Debian 12: apt-get install python3 python3-venv" >&2
exit 1
