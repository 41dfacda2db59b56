#!/bin/bash
# bench.sh: set-up, then the numbers that the project holds, measured on this machine in one run: trial and shell
# overhead, histories, proxy snapshots, and skill runs open at once. Prints a table, with --json the same as JSON.
# SPARK_BENCH_OPEN=100,500,1000 sets how many runs are opened. Exits 1 where a number does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."

form=txt
case "${1:-}" in
    "") ;;
    --json) form=json ;;
    *) echo "usage: infra/bench.sh [--json]" >&2; exit 2 ;;
esac

infra/setup.sh >&2
SPARK_BENCH_OUT=$(mktemp -d)
export SPARK_BENCH_OUT
trap 'rm -rf "$SPARK_BENCH_OUT"' EXIT

# Optimized code, as in production; the tests' own output goes to the side, so that JSON stays JSON.
result=0
dotnet build tests --configuration Release --verbosity quiet >&2
dotnet test tests --configuration Release --no-build --filter TestCategory=Bench --logger "console;verbosity=normal" >&2 || result=1
cat "$SPARK_BENCH_OUT/bench.$form"
exit $result
