"""A household: rooms, furniture, things, and one errand. Standard library only.

A game is one JSON document. The world is a pure function of it and of the actions so far, so a reader of both can
play it again and see how it ended.
"""

import json
import re

HELP = """You can say:
  look                               what is around you
  inventory                          what you carry (one thing at a time)
  go to ROOM                         a room that a door leads to
  go to FURNITURE                    a piece of furniture in this room
  open FURNITURE / close FURNITURE   cupboards, drawers, fridges and the like
  take THING from FURNITURE
  put THING in FURNITURE             the same as: put THING on FURNITURE
  wash THING in FURNITURE            at a sink
  warm THING in FURNITURE            at a stove or microwave
  chill THING in FURNITURE           in a fridge
  switch on LAMP                     and then: examine THING, while you carry it
  help"""

NEEDS = {"wash": "washes", "warm": "warms", "chill": "chills"}
STATE = {"wash": "clean", "warm": "warm", "chill": "cold"}


class World:
    """One game being played."""

    def __init__(self, game):
        self.game = game
        self.rooms = game["rooms"]
        self.furniture = {piece["name"]: dict(piece, open=not piece.get("closes", False), on=False) for piece in game["furniture"]}
        self.things = {thing["name"]: {"at": thing["at"], "state": thing.get("state", "")} for thing in game["things"]}
        self.room = game["start"]
        self.near = None
        self.carried = None
        self.examined = False
        self.steps = 0
        self.won = False

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def intro(self):
        return f"{self.game['goal']['text']}\n\n{self.look()}"

    def over(self):
        return self.won or self.steps >= self.game["max_steps"]

    def do(self, text):
        """Carries out one action and returns what the player sees. Text that is not an action changes nothing, but counts as a step."""
        words = " ".join(text.strip().lower().split())
        if words in ("help", ""):
            return HELP
        if self.won:
            return "The errand is done."
        if self.steps >= self.game["max_steps"]:
            return "The day is over; nothing more can be done."
        self.steps += 1
        seen = self._do(words)
        self.won = self._reached()
        if self.won:
            return seen + "\nThe errand is done."
        left = self.game["max_steps"] - self.steps
        return seen + (f"\n({left} actions are left.)" if left <= 10 else "")

    def look(self):
        doors = ", ".join(self.rooms[self.room])
        pieces = ", ".join(name for name, piece in self.furniture.items() if piece["room"] == self.room)
        where = f"You are in the {self.room}" + (f", at the {self.near}" if self.near else "") + "."
        return f"{where} Around you: {pieces}. Doors lead to: {doors}." + (f" {self._holds(self.near)}" if self.near else "")

    def _do(self, words):
        if words == "look":
            return self.look()
        if words == "inventory":
            return f"You carry {self._named(self.carried)}." if self.carried else "You carry nothing."
        for pattern, action in (
            (r"go to (?:the )?(.+)", self._go),
            (r"(open|close) (?:the )?(.+)", self._open),
            (r"take (?:the )?(.+?) (?:from|out of|off) (?:the )?(.+)", self._take),
            (r"put (?:the )?(.+?) (?:in|on|into|onto|in/on) (?:the )?(.+)", self._put),
            (r"(wash|warm|chill) (?:the )?(.+?) (?:in|with|at|on) (?:the )?(.+)", self._treat),
            (r"(?:switch|turn) on (?:the )?(.+)", self._switch),
            (r"examine (?:the )?(.+)", self._examine),
        ):
            match = re.fullmatch(pattern, words)
            if match:
                return action(*match.groups())
        return "Nothing happens: that is not understood. Say help for what is."

    def _go(self, name):
        if name in self.rooms:
            if name == self.room:
                return f"You are in the {name} already."
            if name not in self.rooms[self.room]:
                return f"Nothing happens: no door leads from the {self.room} to the {name}."
            self.room, self.near = name, None
            return self.look()
        piece = self.furniture.get(name)
        if piece is None or piece["room"] != self.room:
            return f"Nothing happens: there is no {name} in the {self.room}."
        self.near = name
        return f"You are at the {name}. {self._holds(name)}"

    def _open(self, verb, name):
        piece = self._at(name)
        if isinstance(piece, str):
            return piece
        if not piece.get("closes"):
            return f"Nothing happens: the {name} cannot be opened or closed."
        if piece["open"] == (verb == "open"):
            return f"The {name} is {'open' if piece['open'] else 'closed'} already."
        piece["open"] = verb == "open"
        return f"You open the {name}. {self._holds(name)}" if piece["open"] else f"You close the {name}."

    def _take(self, thing, name):
        piece = self._at(name)
        if isinstance(piece, str):
            return piece
        if self.carried:
            return f"Nothing happens: you carry {self._named(self.carried)} already."
        if thing not in self.things or self.things[thing]["at"] != name or not piece["open"]:
            return f"Nothing happens: you see no {thing} there."
        self.carried, self.things[thing]["at"] = thing, None
        return f"You take the {thing}."

    def _put(self, thing, name):
        piece = self._at(name)
        if isinstance(piece, str):
            return piece
        if self.carried != thing:
            return f"Nothing happens: you do not carry a {thing}."
        if not piece["open"]:
            return f"Nothing happens: the {name} is closed."
        self.carried, self.things[thing]["at"] = None, name
        return f"You put the {thing} in the {name}."

    def _treat(self, verb, thing, name):
        piece = self._at(name)
        if isinstance(piece, str):
            return piece
        if not piece.get(NEEDS[verb]):
            return f"Nothing happens: the {name} is not for that."
        if self.carried != thing:
            return f"Nothing happens: you do not carry a {thing}."
        self.things[thing]["state"] = STATE[verb]
        return f"You {verb} the {thing}; it is {STATE[verb]} now."

    def _switch(self, name):
        piece = self._at(name)
        if isinstance(piece, str):
            return piece
        if not piece.get("lamp"):
            return f"Nothing happens: the {name} has no switch."
        piece["on"] = True
        return f"You switch on the {name}. Its light falls on you."

    def _examine(self, name):
        if name in self.furniture:
            piece = self._at(name)
            return piece if isinstance(piece, str) else self._holds(name)
        if self.carried != name:
            return f"Nothing happens: you do not carry a {name}."
        lit = self.near and self.furniture[self.near].get("lamp") and self.furniture[self.near]["on"]
        goal = self.game["goal"]
        if lit and goal["kind"] == "examine-under-lamp" and self._is(name, goal["thing"]):
            self.examined = True
        return f"You look at {self._named(name)}" + (" under the light: every scratch shows." if lit else "; it is too dark here to see much.")

    def _at(self, name):
        if name not in self.furniture or self.furniture[name]["room"] != self.room:
            return f"Nothing happens: there is no {name} in the {self.room}."
        if self.near != name:
            return f"Nothing happens: you are not at the {name}."
        return self.furniture[name]

    def _holds(self, name):
        piece = self.furniture[name]
        if not piece["open"]:
            return f"The {name} is closed."
        inside = [self._named(thing) for thing, facts in self.things.items() if facts["at"] == name]
        return f"In or on it: {', '.join(inside) if inside else 'nothing'}."

    def _named(self, thing):
        state = self.things[thing]["state"]
        return f"a {state} {thing}" if state else f"a {thing}"

    def _is(self, thing, kind):
        return thing.rsplit(" ", 1)[0] == kind

    def _reached(self):
        goal = self.game["goal"]
        if goal["kind"] == "examine-under-lamp":
            return self.examined
        there = {}
        for thing, facts in self.things.items():
            if self._is(thing, goal["thing"]) and facts["at"] and self._is(facts["at"], goal["target"]) \
                    and (not goal.get("state") or facts["state"] == goal["state"]):
                there[facts["at"]] = there.get(facts["at"], 0) + 1
        return max(there.values(), default=0) >= goal.get("count", 1)
