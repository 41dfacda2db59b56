#!/bin/bash
# build.sh: publishes spark-worker and spark for this machine's processor and makes a container image of each.
#
#   infra/images/build.sh [--base IMAGE] [--prefix NAME/] [--tag TAG]
#
#   --base IMAGE    what the images are built on (default: debian:bookworm-slim; any Debian 12 or later)
#   --prefix NAME/  goes before the names, such as registry.example/team/ (default: none)
#   --tag TAG       default: the version of the build
#
# Prints the images' names, one a line. The builds stay in artifacts/images, so that the next one is quick.
set -euo pipefail
cd "$(dirname "$0")/../.."
. infra/common.sh
script=images

base=debian:bookworm-slim
prefix=
tag=
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || fail "$1 needs a value"
    case $1 in
        --base) base=$2 ;;
        --prefix) prefix=$2 ;;
        --tag) tag=$2 ;;
        *) fail "$1 is not an option; it takes --base, --prefix and --tag" ;;
    esac
    shift 2
done

case $(uname -m) in
    x86_64) runtime=linux-x64 ;;
    aarch64) runtime=linux-arm64 ;;
    *) fail "no build for $(uname -m); images are made on x86_64 and aarch64" ;;
esac
docker version >/dev/null 2>&1 || fail "no Docker engine answers; run infra/setup.sh"

# The context is a folder of its own: what is not in it, such as a .env file of the checkout, cannot get into a layer.
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
umask 022

publish() {
    say "publishing $2 for $runtime" >&2
    dotnet publish "$1" -c Release -r $runtime --self-contained --artifacts-path artifacts/images -o "$context/$2" -v q --nologo >"$context.log" 2>&1 \
        || { tail -n 30 "$context.log" >&2; rm -f "$context.log"; fail "the build fails"; }
    rm -f "$context.log"
}

build() {
    say "building $prefix$1:$tag on $base" >&2
    docker build -q -t "$prefix$1:$tag" -f "$context/$1.Dockerfile" --build-arg "BASE=$base" --build-arg "VERSION=$version" \
        --build-arg "REVISION=$revision" "$context" >/dev/null || fail "the image $1 is not built; its messages are above"
    echo "$prefix$1:$tag"
}

publish workers/Spark.Temporal.Workers.csproj spark-worker
publish starter/Spark.Temporal.Starter.csproj spark
cp LICENSE NOTICE infra/images/*.Dockerfile infra/images/healthcheck.sh infra/images/.dockerignore "$context"
chmod 755 "$context/healthcheck.sh"

# What was built says its version: number and, behind a '+', the commit.
full=$("$context/spark-worker/spark-worker" --version)
version=${full%%+*}
revision=
case $full in *+*) revision=${full#*+} ;; esac
tag=${tag:-$version}
build spark-worker
build spark
