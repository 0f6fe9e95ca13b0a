#!/usr/bin/env bash
# Writes requirements/*.txt: every version with its hashes, for every platform, without the address of any registry.
set -euo pipefail
uv=$1

lock() {
    "$uv" pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" "$@"
}

lock requirements/bootstrap.in --output-file requirements/bootstrap.txt
lock pyproject.toml --extra sources --extra messages --constraints requirements/limits.in --output-file requirements/product.txt
lock requirements/build.in --constraints requirements/product.txt --output-file requirements/build.txt
lock pyproject.toml requirements/dev.in --extra notebook --extra sources --extra messages --constraints requirements/product.txt \
    --constraints requirements/build.txt --output-file requirements/dev.txt
lock pyproject.toml --extra spark --constraints requirements/dev.txt --output-file requirements/spark.txt
lock requirements/peers.in --output-file requirements/peers.txt
