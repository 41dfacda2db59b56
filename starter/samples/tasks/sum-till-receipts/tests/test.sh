#!/bin/bash
# The reward is the share of the tests that pass.
mkdir -p /logs/verifier
python3 -m pytest -p no:cacheprovider -rA /tests/test_outputs.py | tee /tmp/report.txt
passed=$(grep -c '^PASSED ' /tmp/report.txt)
failed=$(grep -cE '^(FAILED|ERROR) ' /tmp/report.txt)
python3 -c "print(round($passed / ($passed + $failed), 4))" > /logs/verifier/reward.txt
exit 0
