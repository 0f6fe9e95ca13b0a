#!/usr/bin/env bash
# Makes sure that the browser tests find Chromium and letters to draw with. Installs them where that is possible;
# elsewhere it says what is missing and goes on: those tests are then skipped, each with that reason.
set -euo pipefail

missing=()
browser=""
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then browser=$name; fi
done
if [ -z "$browser" ]; then missing+=(chromium); fi
if ! ls /usr/share/fonts/*/*/*.ttf >/dev/null 2>&1; then missing+=(fonts-dejavu-core fonts-liberation); fi
# Customers write with emoji; without this font a screenshot shows boxes.
if ! ls /usr/share/fonts/*/*/NotoColorEmoji.ttf >/dev/null 2>&1; then missing+=(fonts-noto-color-emoji); fi

if [ ${#missing[@]} -eq 0 ]; then exit 0; fi
if command -v apt-get >/dev/null && [ "$(id -u)" -eq 0 ]; then
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null; then exit 0; fi
    echo "apt-get could not install: ${missing[*]}." >&2
fi
echo "The browser tests will be skipped: ${missing[*]} missing." >&2
echo "On Debian, as root: apt-get install ${missing[*]}" >&2
