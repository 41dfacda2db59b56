"""Bookings of one day and the slots between them. Times are minutes since midnight."""

OPENS = 8 * 60
CLOSES = 18 * 60
GRID = 15


class Refused(ValueError):
    """A booking that cannot be made."""


def overlap(first, second):
    """Whether two (start, end) pairs share time."""
    return first[0] <= second[1] and second[0] <= first[1]


class Calendar:
    def __init__(self):
        self._bookings = []

    @property
    def bookings(self):
        return sorted(self._bookings)

    def book(self, start, end):
        """Makes a booking of at least one minute, or raises Refused."""
        wanted = (start, end)
        if start < OPENS or end > CLOSES:
            raise Refused("outside opening hours")
        if any(overlap(wanted, taken) for taken in self._bookings):
            raise Refused("taken")
        self._bookings.append(wanted)

    def free_slots(self, minutes):
        """Starts, on the grid, at which a booking of so many minutes could be made."""
        starts = range(OPENS, CLOSES - minutes, GRID)
        return [at for at in starts if not any(overlap((at, at + minutes), taken) for taken in self._bookings)]

    def busiest_hour(self):
        """The full hour with most minutes booked, the earliest of equals; None without bookings."""
        best, most = None, 0
        for hour in range(OPENS, CLOSES, 60):
            booked = 0
            for start, end in self._bookings:
                if overlap((start, end), (hour, hour + 60)):
                    booked += min(end, hour + 60) - max(start, hour)
            if booked > most:
                best, most = hour, booked
        return best
