# The container's main process: starts what the image starts and ends the container at its deadline by itself.
# $1 seconds until then, the rest: the image's entrypoint with the command it is to keep alive.
deadline=$1
shift
if [ -e /tests ]; then : > /.spark/runs/tests-of-image; fi
if [ $# -gt 0 ]; then ("$@" &); fi
exec sleep "$deadline"
