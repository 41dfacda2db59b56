#!/bin/bash
. "$(dirname "$0")/checks.sh"
if check; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
