#!/bin/sh
[ -e /app/given.txt ] && echo done > /app/out.txt
