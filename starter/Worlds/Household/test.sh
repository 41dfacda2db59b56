#!/bin/bash
# The record belongs to root; it counts only if the world, played again from it, gives the same answers.
mkdir -p /logs/verifier
"${WORLD_PYTHON:-python3}" /tests/judge.py
exit 0
