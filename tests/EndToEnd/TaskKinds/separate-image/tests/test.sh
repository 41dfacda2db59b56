#!/bin/sh
if [ -e /only-in-verifier ] && [ "$(cat /app/out.txt)" = done ] && [ "$(cat /logs/artifacts/collected.txt)" = done ] && [ -e /app/folder/a.txt ] && [ ! -e /app/folder/b.tmp ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
