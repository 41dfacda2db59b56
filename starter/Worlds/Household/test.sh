#!/bin/bash
# The record is root's; it is believed only as far as the world, played again from it, comes to the same end.
mkdir -p /logs/verifier
"${WORLD_PYTHON:-python3}" /tests/judge.py
exit 0
