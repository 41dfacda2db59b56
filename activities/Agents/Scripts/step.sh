# Runs one step of an agent's installation. $1 its number, or "version" with a program that prints it behind.
dir=$(dirname "$0")
. "$dir/env.sh"
cd /
if [ "$1" = version ]; then
    shift
    "$@" > "$dir/version.new" 2>&1
    code=$?
    cat "$dir/version.new"
    cat "$dir/version.new" > "$dir/version"
    exit $code
fi
exec sh -e "$dir/install-$1.sh"
