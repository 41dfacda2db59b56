import pytest

from planner import OPENS, Calendar, Refused


def test_a_booking_is_kept():
    calendar = Calendar()
    calendar.book(540, 600)
    assert calendar.bookings == [(540, 600)]


def test_overlapping_bookings_are_refused():
    calendar = Calendar()
    calendar.book(540, 600)
    with pytest.raises(Refused):
        calendar.book(570, 630)


def test_bookings_outside_opening_hours_are_refused():
    with pytest.raises(Refused):
        Calendar().book(OPENS - 30, OPENS + 30)


def test_the_first_slot_of_an_empty_day():
    assert Calendar().free_slots(30)[0] == OPENS


def test_the_busiest_hour():
    calendar = Calendar()
    calendar.book(615, 645)
    calendar.book(660, 680)
    assert calendar.busiest_hour() == 600
