#!/bin/sh
cat /shared/word > /app/out.txt
getent hosts store > /app/host.txt
