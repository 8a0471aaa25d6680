#!/bin/sh
# Chooses the outside world before a service starts: the real one where there are keys for it, else the sandbox.
# The services themselves know URLs and keys only.
set -eu

if [ -z "${OPENAI_API_KEY:-}" ] && [ -z "${OPENAI_BASE_URL:-}" ] && [ -n "${SANDBOX_OPENAI_URL:-}" ]; then
    export OPENAI_BASE_URL="$SANDBOX_OPENAI_URL" OPENAI_API_KEY=sandbox SANDBOX=true
fi
if [ -z "${USE_REAL_AWS:-}" ] && [ -n "${SANDBOX_AWS_URL:-}" ]; then
    # An endpoint of a service's own, as a proxy in front of the sandbox's, stands.
    export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-$SANDBOX_AWS_URL}" SANDBOX=true
    export AWS_ENDPOINT_URL_BEDROCK_RUNTIME="${AWS_ENDPOINT_URL_BEDROCK_RUNTIME:-$SANDBOX_BEDROCK_URL}"
fi
exec "$@"
