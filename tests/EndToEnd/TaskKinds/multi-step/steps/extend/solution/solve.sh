#!/bin/sh
# What the step before left: its process, and nothing of its tests.
grep -q spark-kept /proc/[0-9]*/cmdline || exit 1
[ ! -e /tests ] || exit 1
cat /app/given.txt >> /app/list.txt
