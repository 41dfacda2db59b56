#!/bin/bash
# agents.sh: the real command-line agents (codex, claude-code, opencode, qwen-coder, gemini-cli), installed from npm, each solving a task in
# a container through the agents' proxy against a stand-in for its model that speaks its API, and each outlasting an endpoint that refuses
# its key at first. Prints a table. With names it runs those alone. Needs Docker, npm, node and the .NET SDK; about 1.5 GB of packages the first time. Exits 1 where one fails.
set -euo pipefail
cd "$(dirname "$0")/.."
. infra/common.sh

case "${1:-}" in -*) echo "usage: infra/agents.sh [AGENT]..." >&2; exit 2 ;; esac
export SPARK_AGENTS="$*"
have npm && have node || fail "no npm and node here; install them (Debian: apt-get install npm)"

SPARK_BENCH_OUT=$(mktemp -d)
export SPARK_BENCH_OUT
trap 'rm -rf "$SPARK_BENCH_OUT"' EXIT

result=0
dotnet build tests/EndToEnd --verbosity quiet --nologo >&2
CI=true dotnet test tests/EndToEnd --no-build --nologo --filter TestCategory=RealAgents --logger "console;verbosity=normal" >&2 || result=1
cat "$SPARK_BENCH_OUT/agents.txt" || result=1
exit $result
