#!/bin/sh
echo "$KIND $TEST_DIR" > /app/out.txt
