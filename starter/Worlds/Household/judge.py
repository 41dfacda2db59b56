"""Plays the record again against a game and a world of the verifier's own, and writes reward and test results."""

import json
import os
import sys

sys.path.insert(0, "/tests")
from world import World  # noqa: E402

RECORD = "/var/lib/world/record.jsonl"
world = World.read("/tests/game.json")
problem = None
if os.path.exists(RECORD):
    if os.stat(RECORD).st_uid != 0:
        problem = "the record does not belong to root"
    else:
        with open(RECORD, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                entry = json.loads(line)
                if world.do(entry["action"]) != entry["observation"]:
                    problem = f"the record is not what the world would have said, from action {number} on"
                    break

honest = problem is None
for name, passed in (("test_record_is_true", honest), ("test_errand_is_done", honest and world.won)):
    print(f"{'PASSED' if passed else 'FAILED'} judge.py::{name}" + ("" if passed or not problem else f" - {problem}"))
print(f"{world.steps} actions")
os.makedirs("/logs/artifacts", exist_ok=True)
if os.path.exists(RECORD):
    with open(RECORD, encoding="utf-8") as lines, open("/logs/artifacts/record.jsonl", "w", encoding="utf-8") as kept:
        kept.write(lines.read())
with open("/logs/verifier/reward.txt", "w", encoding="utf-8") as reward:
    reward.write("1\n" if honest and world.won else "0\n")
