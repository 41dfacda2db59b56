#!/bin/bash
# test.sh: set-up, a browser, PostgreSQL, then all tests. Options go to `dotnet test`, such as --filter Category!=Docker.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/common.sh
infra/setup.sh

# Pages are tested in a real browser; letters need a font.
have chromium || apt_install chromium fonts-dejavu-core

# Real command-line agents come from npm, through this machine.
have npm || apt_install nodejs npm

# Where the real Temporal server is, a batch is tried on it over PostgreSQL.
if have temporal-server && ! ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then apt_install postgresql; fi

# Stand-ins for public base images, where a machine has their recipe beside the checkout and reaches no registry.
recipe=../shared/data/skillsbench/base-images.sh
if [ -x $recipe ]; then
    for image in ubuntu:24.04 python:3.11-slim python:3.12.8-slim; do
        if ! docker image inspect $image >/dev/null 2>&1; then
            say "making local base images"
            $recipe >/dev/null
            break
        fi
    done
fi

exec dotnet test tests --blame-hang-timeout 10m "$@"
