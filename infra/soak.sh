#!/bin/bash
# soak.sh: a batch of 1,000 skill runs (of ten, seven pass at once, two at the second attempt, one never) on the real
# Temporal server over PostgreSQL, while two workers and the server are killed ten times at random, the container engine is
# away twice, the model endpoint refuses its key or is gone four times, and the disk of store and results is full twice, 50 s
# each. Model and containers are stand-ins, everything else is the product. Prints figures, with --json the same as JSON;
# --short runs 60 items with three kills and all of the outages. Needs root, for a disk that it can fill. SPARK_SOAK_ITEMS and SPARK_SOAK_SEED choose others.
# Needs the .NET SDK, Debian's postgresql, and temporal-server and temporal-sql-tool on PATH. Exits 1 where a figure does not hold.
set -euo pipefail
cd "$(dirname "$0")/.."

form=txt
for option in "$@"; do
    case "$option" in
        --json) form=json ;;
        --short) export SPARK_SOAK_ITEMS=60 ;;
        *) echo "usage: infra/soak.sh [--short] [--json]" >&2; exit 2 ;;
    esac
done

for tool in temporal-server temporal-sql-tool; do
    command -v $tool >/dev/null || { echo "soak: no $tool on PATH; take it from a release of the Temporal server" >&2; exit 1; }
done
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || { echo "soak: no PostgreSQL server; apt-get install postgresql" >&2; exit 1; }

SPARK_BENCH_OUT=$(mktemp -d)
export SPARK_BENCH_OUT
trap 'rm -rf "$SPARK_BENCH_OUT"' EXIT

result=0
dotnet build tests/EndToEnd --configuration Release --verbosity quiet >&2
CI=true dotnet test tests/EndToEnd --configuration Release --no-build --filter TestCategory=Soak --logger "console;verbosity=normal" >&2 || result=1
cat "$SPARK_BENCH_OUT/bench.$form"
exit $result
