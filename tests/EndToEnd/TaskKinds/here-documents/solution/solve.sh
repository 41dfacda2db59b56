#!/bin/sh
[ "$(cat /app/first.txt)" = "first seen" ] && [ "$(cat /app/plain.txt)" = "\$WORD stays" ] && [ "$(cat /app/tabs.txt)" = "no tab before" ] && [ "$(cat /app/second.txt)" = second ] && echo done > /app/out.txt
