#!/bin/bash
# setup.sh: installs and starts what is missing (Docker engine, base image), builds, and leaves `spark` and
# `spark-worker` in artifacts/bin. Runs as root or with sudo; quick when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

. infra/common.sh

check_sdk() {
    local wanted; wanted=$(sed -n 's/.*"version": *"\([0-9]*\)\..*/\1/p' global.json)
    have dotnet || fail "no .NET SDK; install version $wanted from https://dotnet.microsoft.com/download and put dotnet on PATH"
    dotnet --version >/dev/null 2>&1 || fail "this .NET SDK does not fit global.json (.NET $wanted wanted); $(dotnet --list-sdks | tr '\n' ' ')"
    say ".NET SDK $(dotnet --version)"
}

engine_answers() { docker version >/dev/null 2>&1; }

install_engine() {
    have dockerd && have docker && return
    # docker-cli is a package of its own in newer Debian releases.
    local packages=(docker.io iptables)
    if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
    apt_install "${packages[@]}"
}

start_engine() {
    if engine_answers; then say "Docker engine $(docker version --format '{{.Server.Version}}') answers"; return; fi
    if [ -n "${DOCKER_HOST:-}" ]; then fail "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"; fi
    install_engine
    if engine_answers; then return; fi
    if [ -S /var/run/docker.sock ] && as_root docker version >/dev/null 2>&1; then
        fail "the Docker engine answers root only; add yourself to its group (sudo usermod -aG docker $USER, then log in again) or run this as root"
    fi
    if have systemctl && [ -d /run/systemd/system ]; then
        say "starting the Docker service"
        as_root systemctl start docker || say "systemctl cannot start docker; starting dockerd itself"
    fi
    if ! engine_answers; then
        say "starting dockerd in the background, log in /var/log/dockerd.log"
        mount_cgroups
        as_root sh -c 'setsid dockerd --storage-driver=overlay2 >>/var/log/dockerd.log 2>&1 </dev/null &'
    fi
    for _ in $(seq 1 60); do
        if engine_answers; then say "Docker engine $(docker version --format '{{.Server.Version}}') answers"; return; fi
        sleep 0.5
    done
    as_root tail -n 5 /var/log/dockerd.log >&2 2>/dev/null || true
    fail "the Docker engine does not start; its last words are above"
}

# A machine without an init system may have no cgroups mounted, and the engine needs them for limits.
mount_cgroups() {
    if [ -n "$(ls -A /sys/fs/cgroup 2>/dev/null)" ]; then return; fi
    say "mounting cgroups"
    as_root mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null && return
    as_root mount -t tmpfs cgroup /sys/fs/cgroup || { say "cgroups cannot be mounted"; return; }
    for controller in $(awk 'NR > 1 && $4 == 1 { print $1 }' /proc/cgroups); do
        as_root mkdir -p "/sys/fs/cgroup/$controller"
        as_root mount -t cgroup -o "$controller" "$controller" "/sys/fs/cgroup/$controller" || true
    done
}

base_image() {
    local image=debian:bookworm-slim
    if docker image inspect $image >/dev/null 2>&1; then say "base image $image is here"; return; fi
    say "pulling $image"
    if timeout 120 docker pull -q $image >/dev/null 2>&1; then return; fi
    say "no image registry is reached; making $image with debootstrap"
    have debootstrap || apt_install debootstrap
    local root; root=$(mktemp -d)
    local mirror; mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p; s/^URIs: *\([^ ]*\).*/\1/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | grep -m1 -v security || true)
    # The default mirror first: a machine's own sources may begin with another vendor's.
    as_root debootstrap --variant=minbase bookworm "$root" >"$root.log" 2>&1 \
        || as_root debootstrap --variant=minbase bookworm "$root" ${mirror:+"$mirror"} >"$root.log" 2>&1 \
        || { tail -n 3 "$root.log" >&2; as_root rm -rf "$root"; fail "debootstrap fails; docker pull $image on a machine with network and docker load it here"; }
    as_root rm -rf "$root/var/cache/apt/archives" "$root/var/lib/apt/lists"
    as_root tar -C "$root" -c . | docker import - $image >/dev/null
    as_root rm -rf "$root" "$root.log"
}

temporal_server() {
    if have temporal; then say "$(temporal --version 2>/dev/null | head -n 1) on PATH"
    else say "no 'temporal' on PATH: the Temporal SDK downloads it at the first use (offline: install the Temporal CLI)"; fi
}

# What the programs are built from; a changed, new or removed file changes the sum.
sources_sum() {
    find . \( -name bin -o -name obj -o -name artifacts -o -name .git -o -name .spark -o -name tests \) -prune -o -type f \
        \( -name '*.cs' -o -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name '*.json' -o -name '*.txt' -o -name '*.yaml' -o -name '*.sh' \
        -o -name '*.py' -o -name '*.md' -o -path './starter/Dashboard/assets/*' -o -path './starter/samples/*' \) -print0 \
        | sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

build() {
    local sum; sum=$(sources_sum)
    local stamp=artifacts/bin/.sources
    if [ -x artifacts/bin/spark ] && [ -x artifacts/bin/spark-worker ] && [ "$(cat $stamp 2>/dev/null)" = "$sum" ]; then
        say "artifacts/bin is up to date"
        return
    fi
    say "building spark and spark-worker"
    rm -f $stamp
    local log; log=$(mktemp)
    # Compiled ahead of time: a command that runs for two seconds would spend one of them on compiling itself.
    local ahead=(); case $(uname -s)-$(uname -m) in
        Linux-x86_64) ahead=(-r linux-x64 --self-contained false -p:PublishReadyToRun=true) ;;
        Linux-aarch64) ahead=(-r linux-arm64 --self-contained false -p:PublishReadyToRun=true) ;;
    esac
    for project in starter/Spark.Temporal.Starter.csproj workers/Spark.Temporal.Workers.csproj; do
        dotnet publish "$project" -c Release -o artifacts/bin "${ahead[@]}" -v q --nologo >"$log" 2>&1 || { tail -n 30 "$log" >&2; rm -f "$log"; fail "the build fails"; }
    done
    rm -f "$log"
    echo "$sum" > $stamp
    say "spark and spark-worker are in artifacts/bin"
}

check_sdk
start_engine
base_image
temporal_server
build
