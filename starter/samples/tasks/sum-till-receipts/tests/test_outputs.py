"""Checks the daily totals against the exports."""
import csv
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

DAILY = Path("/app/out/daily.csv")
SUMMER_TIME = datetime(2024, 3, 31, 1, 0, tzinfo=timezone.utc)


def expected():
    receipts = {}
    for till in "123":
        for line in Path(f"/app/data/till-{till}.csv").read_text().splitlines()[1:]:
            number, taken, _, amount = line.split(";")
            moment = datetime.fromisoformat(taken if till == "3" else taken + "+00:00")
            hours = 2 if moment >= SUMMER_TIME else 1
            day = moment.astimezone(timezone(timedelta(hours=hours))).strftime("%Y-%m-%d")
            receipts[till, number] = (day, int(re.sub("[.,]", "", amount)))
    days = {}
    for day, cents in receipts.values():
        count, total = days.get(day, (0, 0))
        days[day] = (count + 1, total + cents)
    return days


def actual():
    assert DAILY.exists(), "no /app/out/daily.csv"
    with DAILY.open(newline="") as file:
        return list(csv.reader(file))


def test_form():
    rows = actual()
    assert rows[0] == ["day", "receipts", "revenue"]
    for day, receipts, revenue in rows[1:]:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day) and re.fullmatch(r"\d+", receipts) and re.fullmatch(r"\d+\.\d\d", revenue)


def test_days():
    assert [row[0] for row in actual()[1:]] == sorted(expected())


def test_number_of_receipts_in_the_week():
    assert sum(int(row[1]) for row in actual()[1:]) == sum(count for count, _ in expected().values())


def test_receipts_of_each_day():
    assert {row[0]: int(row[1]) for row in actual()[1:]} == {day: count for day, (count, _) in expected().items()}


def test_revenue_of_the_week():
    assert sum(round(float(row[2]) * 100) for row in actual()[1:]) == sum(cents for _, cents in expected().values())


def test_revenue_of_each_day():
    assert {row[0]: row[2] for row in actual()[1:]} == {day: f"{cents // 100}.{cents % 100:02}" for day, (_, cents) in expected().items()}
