#!/bin/sh
apt-get update > /dev/null && ! curl -sf -m 5 http://example.org > /dev/null && echo done > /app/out.txt
