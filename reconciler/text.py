"""Text for people: printable, short, quoted, and in the order in which people count."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

_QUOTED_MAX = 60
_LINE_MAX = 200
_VISIBLE_MAX = 128
_RUNS = re.compile(r"([^0-9]*)([0-9]{0,18})")
_CUT_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{0,3}|U[0-9a-f]{0,7})?$")


def printable(text: str) -> str:
    """Return the text with every character escaped that a terminal would not print: it stays on its line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def nfc(text: str) -> str:
    """Return the text in Unicode's composed form (NFC): `é` is one character, however it was typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def quoted(text: str) -> str:
    """Return a text from outside as part of a message: printable, short and in quotes."""
    return f'"{printable(text[:_QUOTED_MAX])}{"…" if len(text) > _QUOTED_MAX else ""}"'


def clean(text: str, *secrets: str) -> str:
    """Return untrusted text as one short printable line, with `***` for a secret that was echoed."""
    for secret in filter(None, secrets):
        for spelling in _spellings(secret):
            text = text.replace(spelling, "***")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:4096]).split())
    return line if len(line) <= _LINE_MAX else f"{line[:_LINE_MAX]}…"


def _spellings(secret: str) -> list[str]:
    """Return a secret as it may be echoed: as it is, in JSON (also within JSON), in a URL; longest first."""
    import json
    from urllib.parse import quote, quote_plus

    found = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret)}
    for plain in (False, True):
        once = json.dumps(secret, ensure_ascii=plain)[1:-1]
        found |= {once, json.dumps(once, ensure_ascii=plain)[1:-1]}
    return sorted(found, key=len, reverse=True)


def visible(text: str, longest: int = _VISIBLE_MAX) -> str:
    r"""Return the text with all that is invisible or acts as `\uXXXX`, cut to `longest` characters."""
    shown = text[: longest + 1]
    if not (shown.isascii() and shown.isprintable()):  # as nearly all names are
        shown = _hidden().sub(_escape, shown)
    if len(shown) > longest:
        shown = _CUT_ESCAPE.sub("", shown[: longest - 1]) + "…"
    return shown


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 finding`, `2 findings`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def enumerated(names: Sequence[object], most: int = 5) -> str:
    """Return names as a sentence lists them: `a`, `a and b`, `a, b and c`, `a, b, c, d, e and 7 more`."""
    kept = [str(name) for name in names[:most]]
    kept += [f"{len(names) - most} more"] if len(names) > most else []
    return " and ".join(filter(None, (", ".join(kept[:-1]), *kept[-1:])))


def natural(text: str) -> tuple[tuple[str, int], ...]:
    """Return a sort key as people count: `net2` before `net10`, line 9 before line 10."""
    return tuple((word, int(digits or 0)) for word, digits in _RUNS.findall(text))


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(
        "["
        "\x00-\x1f\x7f-\x9f\xad"  # controls, soft hyphen
        "\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"  # Arabic and Syriac format marks
        "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # invisible joiners and fillers
        "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # zero width, directions, separators
        "\ud800-\udfff"  # lone surrogates
        "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
        "\U000e0000-\U000e0fff"  # tags and variation selectors
        "]"
    )


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
