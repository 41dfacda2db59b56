#!/bin/sh
mkdir -p /app/folder
echo done > /app/out.txt
echo a > /app/folder/a.txt
echo b > /app/folder/b.tmp
