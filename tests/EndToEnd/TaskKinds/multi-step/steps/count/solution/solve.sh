#!/bin/sh
wc -l < /app/list.txt > /app/count.txt
