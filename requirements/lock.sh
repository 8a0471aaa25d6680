#!/bin/sh
# Locks every installable set anew: one universal, hashed file each, with no index address inside.
# Run by `make lock`; installed with plain pip.
set -eu
cd "$(dirname "$0")/.."
compile() { # NAME GROUP...
    name=$1; shift
    groups=""
    # pyproject.toml itself is the command line, for those that hold it.
    case $name in orchestrator|local|dev) groups=pyproject.toml ;; esac
    for group in "$@"; do groups="$groups --group $group"; done
    # shellcheck disable=SC2086  # the groups are words on purpose
    uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        --no-annotate --custom-compile-command "make lock" $groups \
        -o "requirements/$name.lock" ${UPGRADE:+--upgrade}
}
for service in orchestrator info_tools executor bedrock_advisor sandbox; do compile "$service" "$service"; done
compile local orchestrator info_tools executor bedrock_advisor sandbox
compile dev orchestrator info_tools executor bedrock_advisor sandbox dev
