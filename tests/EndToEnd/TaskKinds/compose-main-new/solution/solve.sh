#!/bin/sh
echo "$(cat /app/greeting.txt) $KIND $(pwd) $(df -m /dev/shm | tail -n 1 | tr -s " " | cut -d" " -f2)" > /app/out.txt
touch /scratch/used
