"""Makes the tills' exports: the same bytes at every build. The week holds the change to summer time."""
import sys
from datetime import datetime, timedelta
from pathlib import Path

FIRST_EVENING = datetime(2024, 3, 27, 16, 0)
SUMMER_TIME = datetime(2024, 3, 31, 1, 0)

state = 20240327


def noise(limit):
    """A number from 0 to limit - 1 from a small generator of our own, which no Python version changes."""
    global state
    state = (state * 1103515245 + 12345) % 2**31
    return (state >> 8) % limit


def written(utc, till):
    if till < 3:
        return utc.strftime("%Y-%m-%d %H:%M:%S")
    hours = 2 if utc >= SUMMER_TIME else 1
    return (utc + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S") + f"+0{hours}:00"


def amount(cents, till):
    euros, rest = divmod(cents, 100)
    return f"{euros:,}".replace(",", ".") + f",{rest:02}" if till == 2 else f"{euros}.{rest:02}"


for till in (1, 2, 3):
    lines = []
    number = 4000 * till
    for evening in range(7):
        at = FIRST_EVENING + timedelta(days=evening, minutes=noise(20))
        closing = FIRST_EVENING + timedelta(days=evening, hours=9)
        while at < closing:
            number += 1
            cents = 320 + 10 * noise(700)
            if noise(60) == 0:
                cents += 100000 + 100 * noise(900)
            sent = at + timedelta(seconds=2)
            for _ in range(1 + (noise(12) == 0) + (noise(40) == 0)):
                lines.append((sent, f"{number};{written(at, till)};{written(sent, till)};{amount(cents, till)}"))
                sent += timedelta(seconds=30 + noise(600))
            at += timedelta(seconds=200 + noise(900))
    lines.sort()
    text = "receipt;taken_at;sent_at;amount\n" + "".join(line + "\n" for _, line in lines)
    Path(sys.argv[1], f"till-{till}.csv").write_text(text)
