#!/bin/sh
echo done > /app/out.txt
