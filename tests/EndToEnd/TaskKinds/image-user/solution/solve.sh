#!/bin/sh
[ "$(id -un)" = worker ] && echo done > /app/out.txt
