#!/usr/bin/env bash
# Records the histories that the replay tests replay (tests/Integration/Workflows/Histories), on a development server.
#   record-history.sh                 all of them afresh: while runs of the version before must go on, a replay that fails
#                                     asks for Workflow.Patched instead
#   record-history.sh --beside PATCH  for a change behind Workflow.Patched("PATCH"): those that meet it, beside the old ones
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in
    "") ;;
    --beside) export SPARK_RECORD_BESIDE="${2:?--beside needs the name of the patch}" ;;
    *) echo "record-history.sh: '$1' is not understood; give nothing, or --beside PATCH" >&2; exit 2 ;;
esac
export SPARK_RECORD_HISTORIES="$PWD/tests/Integration/Workflows/Histories"
mkdir -p "$SPARK_RECORD_HISTORIES"
dotnet build tests/Integration -v quiet
dotnet test tests/Integration --no-build --filter TestCategory=Record
dotnet build tests/Integration -v quiet
dotnet test tests/Integration --no-build --filter FullyQualifiedName~ReplayTests
git -C "$PWD" status --short -- tests/Integration/Workflows/Histories
