#!/bin/sh
# Starts HAProxy: `http`, or `tls` with the operator's certificate or one that is made here once.
set -eu

export HSTS=no
if [ "$1" = tls ]; then
    umask 077
    if [ -e /tls/own/fullchain.pem ] || [ -e /tls/own/privkey.pem ]; then
        cat /tls/own/fullchain.pem /tls/own/privkey.pem > /tmp/certificate.pem || {
            echo "the certificate's folder needs fullchain.pem and privkey.pem, readable by user $(id -u) (TLS_USER)" >&2
            exit 1
        }
        HSTS=yes
    else
        made=/tls/made/certificate.pem
        # Made anew where it is missing, was made for other names, or ends within 30 days.
        if [ "$(cat /tls/made/names 2>/dev/null)" != "$TLS_NAMES" ] || ! openssl x509 -in $made -checkend 2592000 -noout; then
            names=$(printf %s "$TLS_NAMES" | tr , '\n' | sed -E 's/^([0-9.]+|.*:.*)$/IP:\1/; t; s/^/DNS:/' | paste -sd, -)
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 397 -subj "/CN=AWS Assistant" \
                -addext "subjectAltName=$names" -addext "basicConstraints=critical,CA:FALSE" \
                -addext "extendedKeyUsage=serverAuth" -keyout /tmp/key.pem -out /tmp/made.pem 2>/tmp/openssl.log \
                || { cat /tmp/openssl.log >&2; exit 1; }
            cat /tmp/made.pem /tmp/key.pem > $made.new && mv $made.new $made
            printf %s "$TLS_NAMES" > /tls/made/names
        fi
        cp $made /tmp/certificate.pem
        echo "no certificate of your own: using a self-signed one for $TLS_NAMES"
    fi
    openssl x509 -in /tmp/certificate.pem -noout -fingerprint -sha256 -enddate
fi
exec haproxy -db -f /etc/assistant/gateways.cfg -f "/etc/assistant/$1.cfg"
