"""Planner of a small practice. Times are minutes since midnight."""
from planner.calendar import CLOSES, OPENS, Calendar, Refused

__all__ = ["CLOSES", "OPENS", "Calendar", "Refused"]
