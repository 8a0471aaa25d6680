#!/bin/sh
# Chooses, before a service starts, which model provider and which AWS it uses: the real ones if there are keys for them,
# otherwise the sandbox. The services themselves only get URLs and keys.
set -eu

case "$(printf %s "${USE_REAL_AWS:-}" | tr '[:upper:]' '[:lower:]' | tr -d '[:space:]')" in
    yes|true|on|1|y|t) real_aws=yes ;;
    no|false|off|0|n|f|'') real_aws= ;;
    *)
        echo "USE_REAL_AWS is '$USE_REAL_AWS'; write yes, true, on or 1, or no, false, off or 0" >&2
        exit 64
        ;;
esac
if [ -z "${OPENAI_API_KEY:-}" ] && [ -z "${OPENAI_BASE_URL:-}" ] && [ -n "${SANDBOX_OPENAI_URL:-}" ]; then
    export OPENAI_BASE_URL="$SANDBOX_OPENAI_URL" OPENAI_API_KEY=sandbox
fi
if [ -z "$real_aws" ] && [ -n "${SANDBOX_AWS_URL:-}" ]; then
    # An endpoint that is set already (a proxy in front of the sandbox's AWS) is kept.
    export AWS_ENDPOINT_URL="${AWS_ENDPOINT_URL:-$SANDBOX_AWS_URL}"
    export AWS_ENDPOINT_URL_BEDROCK_RUNTIME="${AWS_ENDPOINT_URL_BEDROCK_RUNTIME:-$SANDBOX_BEDROCK_URL}"
fi
exec "$@"
