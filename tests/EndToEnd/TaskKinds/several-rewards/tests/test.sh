#!/bin/sh
if [ "$(cat /app/out.txt)" = done ]; then least=0.5; else least=0; fi
echo "{\"style\": 1, \"result\": $least}" > /logs/verifier/reward.json
