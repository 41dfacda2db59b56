#!/bin/sh
if [ "$(cat /app/out.txt)" = treasure ] && [ -s /app/host.txt ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
