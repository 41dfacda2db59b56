#!/bin/bash
set -e
mkdir -p /app/out
python3 - <<'PY'
import struct
from datetime import datetime, timezone

dump = open("/app/data/probes.dat", "rb").read()
magic, version, block, start, count = struct.unpack_from("<4sHHII", dump)
lines = ["probe,utc,celsius"]
seen = 0
for base in range(block, len(dump), block):
    for offset in range(base, base + block - 9, 10):
        if seen == count:
            break
        seen += 1
        record = dump[offset : offset + 10]
        if record[0] != 0xA5 or sum(record[:9]) % 256 != record[9]:
            continue
        # Unlike the header, records are stored high byte first.
        mark, probe, seconds, hundredths, battery = struct.unpack(">BBIhB", record[:9])
        utc = datetime.fromtimestamp(start + seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(f"{probe},{utc},{hundredths / 100:.2f}")
open("/app/out/readings.csv", "w").write("\n".join(lines) + "\n")
PY
