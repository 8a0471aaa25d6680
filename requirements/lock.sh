#!/bin/sh
# Locks every installable set anew: one universal, hashed file each, with no index address inside.
# Run by `make lock`; installed with plain pip.
set -eu
cd "$(dirname "$0")/.."
compile() { # NAME EXTRA...
    name=$1; shift
    extras=""
    for extra in "$@"; do extras="$extras --extra $extra"; done
    # shellcheck disable=SC2086  # the extras are words on purpose
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-annotate --custom-compile-command "make lock" $extras \
        pyproject.toml -o "requirements/$name.lock" ${UPGRADE:+--upgrade}
}
for service in orchestrator info_tools executor bedrock_advisor sandbox; do compile "$service" "$service"; done
compile local orchestrator info_tools executor bedrock_advisor sandbox
compile dev orchestrator info_tools executor bedrock_advisor sandbox dev
