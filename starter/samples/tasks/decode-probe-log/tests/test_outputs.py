"""Checks the decoded readings against a decoding of the dump itself."""
import csv
import struct
from datetime import datetime, timezone
from pathlib import Path

DUMP = Path("/app/data/probes.dat")
READINGS = Path("/app/out/readings.csv")


def expected():
    dump = DUMP.read_bytes()
    _, _, block, start, count = struct.unpack_from("<4sHHII", dump)
    per_block = block // 10
    rows = []
    for index in range(count):
        offset = block * (1 + index // per_block) + 10 * (index % per_block)
        record = dump[offset : offset + 10]
        if sum(record[:9]) % 256 == record[9]:
            probe, seconds, hundredths = struct.unpack(">xBIhxx", record)
            moment = datetime.fromtimestamp(start + seconds, timezone.utc)
            rows.append((str(probe), moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "%.2f" % (hundredths / 100)))
    return rows


def actual():
    assert READINGS.exists(), "no /app/out/readings.csv"
    with READINGS.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows, "readings.csv is empty"
    return rows


def test_header_line():
    assert actual()[0] == ["probe", "utc", "celsius"]


def test_only_intact_records():
    assert len(actual()) - 1 == len(expected()), "number of lines differs from the number of intact records"


def test_probe_column():
    assert [row[0] for row in actual()[1:]] == [row[0] for row in expected()]


def test_moments():
    assert [row[1] for row in actual()[1:]] == [row[1] for row in expected()], "column utc differs"


def test_temperatures():
    assert [row[2] for row in actual()[1:]] == [row[2] for row in expected()], "column celsius differs"
