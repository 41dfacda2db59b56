"""Checks the planner at the edges of its intervals."""
import sys

import pytest

sys.path.insert(0, "/app")
from planner import CLOSES, OPENS, Calendar, Refused  # noqa: E402


class TestFixed:
    def test_bookings_may_touch(self):
        calendar = Calendar()
        calendar.book(540, 600)
        calendar.book(600, 630)
        calendar.book(510, 540)
        assert calendar.bookings == [(510, 540), (540, 600), (600, 630)]

    def test_slots_beside_a_booking_are_free(self):
        calendar = Calendar()
        calendar.book(540, 600)
        slots = calendar.free_slots(30)
        assert 510 in slots and 600 in slots and 525 not in slots and 585 not in slots

    @pytest.mark.parametrize("minutes", [15, 30, 60])
    def test_the_last_slot_ends_at_closing_time(self, minutes):
        assert Calendar().free_slots(minutes)[-1] == CLOSES - minutes

    def test_a_slot_as_long_as_the_day(self):
        assert Calendar().free_slots(CLOSES - OPENS) == [OPENS]


class TestKept:
    def test_no_slot_longer_than_the_day(self):
        assert Calendar().free_slots(CLOSES - OPENS + 15) == []

    def test_every_free_slot_can_be_booked(self):
        for at in Calendar().free_slots(45):
            Calendar().book(at, at + 45)

    @pytest.mark.parametrize("start, end", [(600, 600), (660, 660), (570, 570), (660, 600)])
    def test_a_booking_without_length_stays_refused(self, start, end):
        calendar = Calendar()
        calendar.book(570, 660)
        with pytest.raises(Refused):
            calendar.book(start, end)

    def test_a_booking_inside_another_stays_refused(self):
        calendar = Calendar()
        calendar.book(540, 600)
        with pytest.raises(Refused):
            calendar.book(550, 560)
