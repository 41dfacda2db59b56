#!/bin/bash
# bench.sh: set-up, then the numbers that the project holds, measured on this machine in one run: trial and shell
# overhead, removal of containers, histories, proxy snapshots, reading a folder of 4,000 tasks, and skill runs open at once.
# Prints a table, with --json the same as JSON.
#   --open LIST   how many runs are opened at once (100,500,1000; the last takes most of the time)
#   --quick       the same as --open 25,50,100
# Exits 1 where a number does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { echo "usage: infra/bench.sh [--json] [--quick | --open 100,500,1000]" >&2; exit 2; }
form=txt
open=${SPARK_BENCH_OPEN:-100,500,1000}
while [ $# -gt 0 ]; do
    case $1 in
        --json) form=json ;;
        --quick) open=25,50,100 ;;
        --open) [ $# -gt 1 ] || usage; open=$2; shift ;;
        *) usage ;;
    esac
    shift
done
if ! [[ $open =~ ^[1-9][0-9]*(,[1-9][0-9]*)*$ ]]; then echo "bench.sh: --open $open: numbers with commas between are wanted" >&2; usage; fi
export SPARK_BENCH_OPEN=$open

infra/setup.sh >&2
SPARK_BENCH_OUT=$(mktemp -d)
export SPARK_BENCH_OUT
# Commands are measured as users have them.
export SPARK_TEST_PROGRAM=$PWD/artifacts/bin/spark
trap 'rm -rf "$SPARK_BENCH_OUT"' EXIT

# Optimized code, as in production; the tests' own output goes to the side, so that JSON stays JSON.
result=0
dotnet build tests/EndToEnd --configuration Release --verbosity quiet >&2
dotnet test tests/EndToEnd --configuration Release --no-build --filter TestCategory=Bench --logger "console;verbosity=normal" >&2 || result=1
cat "$SPARK_BENCH_OUT/bench.$form"
exit $result
