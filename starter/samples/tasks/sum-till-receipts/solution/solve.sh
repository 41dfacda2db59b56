#!/bin/bash
set -e
mkdir -p /app/out
python3 - <<'PY'
import csv
from collections import defaultdict
from datetime import datetime, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

days = defaultdict(dict)
for till in (1, 2, 3):
    with open(f"/app/data/till-{till}.csv", newline="") as export:
        for row in csv.DictReader(export, delimiter=";"):
            taken = datetime.fromisoformat(row["taken_at"])
            if taken.tzinfo is None:
                taken = taken.replace(tzinfo=timezone.utc)
            amount = row["amount"].replace(".", "").replace(",", ".") if till == 2 else row["amount"]
            day = taken.astimezone(ZoneInfo("Europe/Vienna")).date().isoformat()
            # A receipt that was sent again has the same number on the same till.
            days[day][till, row["receipt"]] = Decimal(amount)
with open("/app/out/daily.csv", "w") as daily:
    print("day,receipts,revenue", file=daily)
    for day in sorted(days):
        print(day, len(days[day]), f"{sum(days[day].values()):.2f}", sep=",", file=daily)
PY
