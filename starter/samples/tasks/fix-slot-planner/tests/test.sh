#!/bin/bash
# The reward is the share of fixed faults times the share of what must stay as it is.
mkdir -p /logs/verifier
cd /app
python3 -m pytest -p no:cacheprovider -rA /app/test_planner.py /tests/test_outputs.py | tee /tmp/report.txt
python3 - <<'PY' > /logs/verifier/reward.txt
lines = open("/tmp/report.txt").read().splitlines()


def share(of):
    passed = sum(line.startswith("PASSED ") and of(line) for line in lines)
    failed = sum(line.startswith(("FAILED ", "ERROR ")) and of(line) for line in lines)
    return passed / (passed + failed) if passed else 0.0


fixed = share(lambda line: "::TestFixed::" in line)
kept = share(lambda line: "::TestFixed::" not in line)
print(round(fixed * kept, 4))
PY
exit 0
