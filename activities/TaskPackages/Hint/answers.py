"""Decides what a hint may show: what the instruction says is open; what only the oracle wrote is secret."""

import json
import re

HIDDEN = "\u2026"
WORD = re.compile(r"\w+")
LOOSE_NUMBER = re.compile(r"\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?")
QUOTED = re.compile(r"'([^'\n]{2,80})'|`([^`\n]{2,80})`|\"([^\"\n]{2,80})\"")
SHORTEST_STRING = 4
LONGEST_TOKEN = 200
FEWEST_DIGITS = 3


def digits(number):
    """Significant digits of a number as text; trailing zeros of 100 count, leading ones of 0.001 do not."""
    mantissa = re.split("[eE]", number)[0]
    return re.sub(r"[^0-9]", "", mantissa).lstrip("0")


def value(number):
    try:
        return abs(float(number.replace("_", "").replace(",", "")))
    except ValueError:
        return None


def numbers(text):
    """Values of all numbers in a text; a percentage counts as its fraction too."""
    found = set()
    for match in LOOSE_NUMBER.finditer(text):
        for form in {match.group(), match.group().replace(",", "")}:
            number = value(form)
            if number is not None:
                found.add(number)
                if text[match.end():match.end() + 1] == "%":
                    found.add(round(number / 100, 12))
        found.update(value(part) for part in match.group().split(",") if value(part) is not None)
    return found


def tokens(text):
    """Whatever a reader of a text would call one thing: words, lines, cells, strings and keys of JSON."""
    yield from WORD.findall(text)
    for line in text.splitlines():
        yield line.strip()
        yield from (cell.strip(" \"'") for cell in re.split(r"[,;|\t]", line))
        yield from (word.strip("\"',;:()[]{}") for word in line.split())
        yield from json_strings(line)
    yield from json_strings(text)


def json_strings(text):
    try:
        todo = [json.loads(text)]
    except (ValueError, RecursionError):
        return
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            todo.extend(node.values())
            yield from node
        elif isinstance(node, list):
            todo.extend(node)
        elif isinstance(node, str):
            yield node


class Answers:
    """What may be left in a hint."""

    def __init__(self, instruction, environment, oracle):
        self.instruction = instruction
        self.told = numbers(instruction)
        self.open = instruction + "\n" + "\n".join(environment)
        self.oracle = "\n".join(oracle)
        self.tokens = {token for text in oracle for token in tokens(text) if SHORTEST_STRING <= len(token) <= LONGEST_TOKEN}
        found = numbers(self.oracle) - numbers(self.open)
        self.secret_numbers = {number for number in found if len(digits(repr(number))) >= FEWEST_DIGITS}

    def is_told(self, text):
        """Whether the instruction itself says it."""
        bare = text.strip()
        return len(bare) > 0 and re.search(rf"(?<!\w){re.escape(bare)}(?!\w)", self.instruction) is not None

    def is_told_number(self, number):
        return abs(number) in self.told or round(abs(number), 12) in self.told

    def find_secret(self, text):
        """A part of a text that only the oracle wrote; None when there is none."""
        if not self.oracle or text in self.open:
            return None
        for part in (text.strip(), *WORD.findall(text)):
            if self._is_secret(part, part in self.oracle):
                return part
        for start in range(len(text) - SHORTEST_STRING + 1):
            for end in range(min(len(text), start + LONGEST_TOKEN), start + SHORTEST_STRING - 1, -1):
                if self._is_secret(text[start:end], text[start:end] in self.tokens):
                    return text[start:end]
        return None

    def _is_secret(self, part, written):
        # Numbers have a rule of their own: 1000 is three digits too many, 10 none.
        return written and len(part) >= SHORTEST_STRING and part not in self.open and value(part) is None

    def is_secret_number(self, text):
        return value(text) in self.secret_numbers

    def prose(self, text):
        """Prose: quotations, numbers and secrets that the instruction does not say are taken out."""
        text = QUOTED.sub(lambda match: match.group() if self.is_told(next(filter(None, match.groups()))) else HIDDEN, text)
        text = LOOSE_NUMBER.sub(lambda match: match.group() if self._may_say(match.group()) else HIDDEN, text)
        return self.without_secrets(text)

    def without_secrets(self, text):
        while (secret := self.find_secret(text)) is not None:
            text = text.replace(secret, HIDDEN)
        return LOOSE_NUMBER.sub(lambda match: HIDDEN if self.is_secret_number(match.group()) else match.group(), text)

    def _may_say(self, number):
        found = value(number)
        return found is None or found in (0, 1) or self.is_told_number(found)
