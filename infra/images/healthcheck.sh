#!/bin/bash
# healthcheck.sh: ends with 0 while GET /health of the worker in this container answers 200. The base image has no curl.
set -euo pipefail
exec 3<>"/dev/tcp/127.0.0.1/${SPARK_HEALTH_PORT:-8080}"
printf 'GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
IFS= read -r -t 8 status <&3
printf '%s\n' "${status%$'\r'}"
[[ $status == *" 200 "* ]]
