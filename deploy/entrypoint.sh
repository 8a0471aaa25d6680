#!/bin/sh
# Chooses, before a service starts, which model provider and which AWS it uses: the real ones if there are keys for them,
# otherwise the sandbox. The services themselves only get URLs and keys.
set -eu

if [ -z "${OPENAI_API_KEY:-}" ] && [ -z "${OPENAI_BASE_URL:-}" ] && [ -n "${SANDBOX_OPENAI_URL:-}" ]; then
    export OPENAI_BASE_URL="$SANDBOX_OPENAI_URL" OPENAI_API_KEY=sandbox SANDBOX=true
fi
if [ -z "${USE_REAL_AWS:-}" ] && [ -n "${SANDBOX_AWS_URL:-}" ]; then
    # An endpoint that is set already (a proxy in front of the sandbox's AWS) is kept.
    export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-$SANDBOX_AWS_URL}" SANDBOX=true
    export AWS_ENDPOINT_URL_BEDROCK_RUNTIME="${AWS_ENDPOINT_URL_BEDROCK_RUNTIME:-$SANDBOX_BEDROCK_URL}"
fi
exec "$@"
