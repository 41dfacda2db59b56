#!/bin/bash
# demo.sh: set-up, then the whole main job offline with a scripted model. Options go to `spark demo`.
set -euo pipefail
infra=$(cd "$(dirname "$0")" && pwd)
"$infra/setup.sh"
exec "$infra/../artifacts/bin/spark" demo "$@"
