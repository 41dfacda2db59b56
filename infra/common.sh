# common.sh: what the scripts of this folder share; sourced, never run.

script=$(basename "$0" .sh)
say() { printf '%s: %s\n' "$script" "$*"; }
fail() { printf '%s: %s\n' "$script" "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else fail "'$*' needs root; run this script as root or install sudo"; fi
}

apt_install() {
    have apt-get || fail "no apt-get here; install these by hand and run again: $*"
    say "installing $*"
    as_root apt-get update -qq >/dev/null || say "apt-get update failed; trying with the lists at hand"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null \
        || fail "apt-get cannot install $*; check the network or install them by hand"
}
