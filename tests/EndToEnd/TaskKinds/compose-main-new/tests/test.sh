#!/bin/sh
if [ "$(cat /app/out.txt)" = "hello new /srv 128" ]; then echo 1; else echo 0; fi > /logs/verifier/reward.txt
