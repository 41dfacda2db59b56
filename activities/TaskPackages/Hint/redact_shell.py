"""Takes the answers out of a shell script that verifies without Python tests."""

import re

from answers import HIDDEN

HERE_DOCUMENT = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")
PIECE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s\"']+|\s+")
STRUCTURE = re.compile(r"[-+][\w-]*|/[\w./*-]*|\$.*|[^\w]*|[A-Za-z_]\w*=|[01]|[0-9]?>>?.*|2>&1|(?:if|then|else|elif|fi|for|do|done|in|while|exit)")
COMMAND = re.compile(r"[a-zA-Z_][\w.-]{0,15}")
STARTS_COMMAND = re.compile(r".*(?:[;|&({!]|\$\()|if|then|else|elif|do|while")
PLAIN = re.compile(r"-[\w-]*|\$\{?\w+\}?|/[\w./-]*|[\[\];|&(){}]+")
ASKS = re.compile(r"(?:=|==|!=|=~|-eq|-ne|-ge|-gt|-le|-lt|grep|egrep|fgrep|rg)")


def without_here_documents(script):
    """A here-document is a program or an expected text: it is removed whole."""
    lines, end = [], None
    for line in script.splitlines():
        if end is not None:
            if line.strip() == end:
                end = None
            continue
        match = HERE_DOCUMENT.search(line)
        if match:
            end = match.group(2)
            line = line[:match.end()] + " " + HIDDEN
        lines.append(line)
    return lines


def piece(text, starts, asked, answers):
    bare = text.strip("\"'")
    if text[0] in "\"'":
        keeps = re.fullmatch(r"\$\{?\w+\}?|/[\w./-]*", bare) or (not asked and answers.is_told(bare))
        return text if keeps else text[0] + HIDDEN + text[0]
    if asked:
        return text if PLAIN.fullmatch(text) else HIDDEN
    if STRUCTURE.fullmatch(text) or (starts and COMMAND.fullmatch(text)) or answers.is_told(text):
        return text
    return HIDDEN


def redact_line(line, answers):
    parts, starts, asked = [], True, False
    for part in PIECE.findall(line):
        if part.isspace():
            parts.append(part)
            continue
        parts.append(piece(part, starts, asked, answers))
        # What is asked for stays asked for behind the options of the asking command.
        asked = bool(ASKS.fullmatch(part)) or (asked and part.startswith("-"))
        starts = bool(STARTS_COMMAND.fullmatch(part))
    return answers.without_secrets("".join(parts))


def redact(script, answers):
    lines = [line for line in without_here_documents(script) if line.strip() and not line.lstrip().startswith("#")]
    redacted = []
    for line in lines:
        shown = redact_line(line, answers)
        if not redacted or shown != redacted[-1]:
            redacted.append(shown)
    return "\n".join(redacted)
