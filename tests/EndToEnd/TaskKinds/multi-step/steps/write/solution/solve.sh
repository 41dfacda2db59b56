#!/bin/bash
echo one > /app/list.txt
(exec -a spark-kept sleep 600) > /dev/null 2>&1 &
