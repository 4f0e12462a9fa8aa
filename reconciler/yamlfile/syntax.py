"""Problems of a YAML file that show before its content is read: in its bytes and its syntax."""

import re
from collections.abc import Iterator

from yaml import MarkedYAMLError, YAMLError

from reconciler.errors import Problem
from reconciler.text import printable

MAX_BYTES = 1024 * 1024
MAX_PROBLEMS = 100
_ORDINARY = bytes([0x09, 0x0A, 0x0D, *range(0x20, 0x7F)])
# What YAML forbids, and the line breaks of YAML 1.1 that no editor counts as such.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?:[ \r].*)?$", re.MULTILINE)
_CONFLICT_BEGINS, _CONFLICT_ENDS = b"<<<<<<<", b">>>>>>>"
_WIDE_BLANKS = re.compile(r"^ *([\u00a0\u2000-\u200b\u202f\u3000])\s*[^\s:#]+:(?:\s|$)", re.MULTILINE)
_WORDS = (
    ("cannot start any token", "this character is not allowed here", "put the text in quotes"),
    (
        "mapping values are not allowed",
        "a ':' is not allowed here",
        "check the indentation, and put text that contains ': ' in quotes",
    ),
    ("could not find expected ':'", "a key without ':'", "write it as `key: value`"),
    ("did not find expected key", "expected a key here", "check indentation, quotes and braces"),
    ("did not find expected '-'", "expected a list item here", "check the indentation"),
    ("did not find expected ',' or", "a list or mapping in braces is not closed", "check commas and braces"),
    ("unexpected end of stream", "a quoted text is not closed", "close it with the same quote"),
)


def at(file: str, line: int, column: int) -> str:
    """Return `file:line:column` as editors count, from 1; `line` and `column` count from 0."""
    return f"{file}:{line + 1}:{column + 1}"


def encoding_problems(data: bytes, file: str) -> Iterator[Problem]:
    """Yield the problem of a file that is too large or not UTF-8, or one per character that YAML forbids."""
    if len(data) > MAX_BYTES:
        what = f"is larger than {MAX_BYTES:,} bytes (1 MiB)"
        yield Problem(file, what, "split it; desired state may be in several files, <source>/<kind>/*.yaml")
        return
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        yield Problem(_offset(before, file), "is not UTF-8", "save the file as UTF-8")
        return
    if _CONFLICT_BEGINS in data or _CONFLICT_ENDS in data:
        conflict = _CONFLICT.search(text)
        if conflict is not None:
            remedy = "keep one side, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"
            yield Problem(
                _offset(text[: conflict.start()], file), "a merge conflict is not resolved here", remedy
            )
            return
    if data.isascii() and not data.translate(None, _ORDINARY):
        return
    wide = None if data.isascii() else _WIDE_BLANKS.search(text)
    if wide is not None:
        what = f"the line is indented with U+{ord(wide[1]):04X}, which is not an ordinary blank"
        yield Problem(_offset(text[: wide.start(1)], file), what, "indent with spaces")
        return
    for count, match in enumerate(_ODD.finditer(text)):
        if count == MAX_PROBLEMS:
            return
        what = f"the character U+{ord(match[0]):04X} is not allowed here"
        yield Problem(
            _offset(text[: match.start()], file), what, "remove it, or write it as an escape in double quotes"
        )


def _offset(before: str, file: str) -> str:
    return at(file, before.count("\n"), len(before) - before.rfind("\n") - 1)


def syntax_problem(error: YAMLError, data: bytes, file: str) -> Problem:
    """Return the problem that libyaml reports, with how to fix it."""
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    if not isinstance(error, MarkedYAMLError) or mark is None:
        return Problem(file, f"is not valid YAML: {printable(str(error))}")
    where = at(file, mark.line, mark.column)
    lines = [*data.decode().removeprefix("\ufeff").splitlines(), ""]
    before, after = lines[mark.line][: mark.column], lines[mark.line][mark.column :]
    if after.startswith("\t"):
        return Problem(where, "a tab is not allowed here", "indent with spaces")
    if before.endswith("$") and after.startswith("{"):
        return Problem(where, "a reference in braces or brackets is not quoted", 'write it as "${NAME}"')
    begun = error.context_mark
    since = f" (started on line {begun.line + 1})" if begun and begun.line != mark.line else ""
    reported = printable(str(error.problem))
    for part, what, remedy in _WORDS:
        if part in reported:
            return Problem(where, what + since, remedy)
    return Problem(where, f"is not valid YAML: {reported}{since}")
