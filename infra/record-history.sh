#!/usr/bin/env bash
# Records the histories that the replay tests replay (tests/Workflows/Histories) afresh, on a development server.
# Do this on purpose only: while runs of the version before must go on, a replay that fails asks for Workflow.Patched.
set -euo pipefail
cd "$(dirname "$0")/.."

export SPARK_RECORD_HISTORIES="$PWD/tests/Workflows/Histories"
mkdir -p "$SPARK_RECORD_HISTORIES"
dotnet build tests -v quiet
dotnet test tests --no-build --filter TestCategory=Record
dotnet build tests -v quiet
dotnet test tests --no-build --filter FullyQualifiedName~ReplayTests
git -C "$PWD" status --short -- tests/Workflows/Histories
