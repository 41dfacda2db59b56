"""
The offline index of recorded runs, computed without any code of the product: folder in, JSON by task out. Runs that never
planned are left out, or have 0 as their plan where "zero" is the second argument.
"""
import json
import math
import re
import statistics
import sys
from collections import Counter
from pathlib import Path


def words(text):
    return Counter(word.lower() for word in re.findall(r"\w+", text))


def alike(a, b):
    """One minus Jensen-Shannon, by entropies: H(m) - (H(p) + H(q)) / 2."""
    one, two = words(a), words(b)
    vocabulary = sorted(one | two)
    if len(vocabulary) < 2:
        return 0.0

    def shares(counts):
        total = counts.total() + 0.002 * len(vocabulary)
        return [(counts[word] + 0.002) / total for word in vocabulary]

    def entropy(values):
        return -math.fsum(value * math.log(value) for value in values)

    p, q = shares(one), shares(two)
    return 1 - (entropy([(x + y) / 2 for x, y in zip(p, q)]) - (entropy(p) + entropy(q)) / 2)


def section(memo, title):
    found = re.search(rf"^### {title}[ \t]*\n(.*?)(?=^### |\Z)", memo, re.S | re.M)
    return found[1].strip() if found else ""


def failed(summary):
    lines = [line.strip()[1:].strip() for line in summary.split("\n") if line.strip().startswith("✗")]
    return " ".join(dict.fromkeys(line for line in lines if line))


def measure(folder):
    skill = folder / "SKILL.md"
    events = [json.loads(line) for line in (folder / "trajectory.jsonl").read_text().split("\n") if line.strip()]
    tries = {event["attempt"]: event for event in events if event["type"] == "execution_result"}
    passing = [event for event in tries.values() if event["success"]]
    if not passing or not skill.exists():
        return None
    body = re.sub(r"\A---\n.*?\n---\n", "", skill.read_text(), flags=re.S)
    memos = [event for event in events if event["type"] == "reflect_call"]
    steps = []
    for before, now in zip(memos, memos[1:]):
        facts = alike(section(before["memo_after"], "Verified Facts"), section(now["memo_after"], "Verified Facts"))
        tests = alike(*(failed(tries[memo["attempt"]]["test_summary"]) for memo in (before, now)))
        steps.append((facts + tests) / 2)
    plans = "\n".join(section(memo["memo_after"], "Next Strategy") for memo in memos)
    if not words(plans) and "zero" not in sys.argv[2:]:
        return None
    return {
        "exec": alike(passing[-1]["agent_commands"], body),
        "plan": alike(plans, body) if words(plans) else 0.0,
        "oss": statistics.fmean(steps) if steps else 0.0,
    }


runs = {folder.name: measure(folder) for folder in Path(sys.argv[1]).iterdir() if (folder / "trajectory.jsonl").exists()}
runs = {task: phi for task, phi in runs.items() if phi}
for task, phi in runs.items():
    phi["pdi"] = 0.0
for name, sign in (("exec", 1), ("plan", -1), ("oss", -1)):
    values = [phi[name] for phi in runs.values()]
    mean, deviation = statistics.fmean(values), statistics.pstdev(values)
    for phi in runs.values():
        phi["pdi"] += sign * (phi[name] - mean) / deviation if deviation else 0.0
print(json.dumps(runs))
