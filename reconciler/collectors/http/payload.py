"""The bodies of answers as values, whatever system sent them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from reconciler import files
from reconciler.errors import Problem

ApiRow = Mapping[str, Any]
"""A row of a list as the API sent it, without its secrets."""


class BadAnswerError(ValueError):
    """An answer that is not in the form that it should have; the text is ours alone."""


def parse(content: bytes) -> Any:
    """JSON, however broken its text: half a surrogate pair or a stray byte in a name must not fail all.

    Raises `BadAnswerError` when it is no JSON.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return files.parse_json(content)
    except ValueError:
        try:
            return _whole(json.loads(content.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            message = "the answer is no JSON; check that this is the port of the API"
            raise BadAnswerError(message) from None


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return value


def objects(data: Any) -> tuple[list[ApiRow], Problem | None]:
    """The rows of a list, and why they may not be all: something in it is none.

    Raises `BadAnswerError` when it is no list.
    """
    if not isinstance(data, list):
        message = "the answer is no list"
        raise BadAnswerError(message)
    rows: list[ApiRow] = [row for row in data if isinstance(row, dict)]
    lost = len(data) - len(rows)
    what = "1 of its rows is not an object" if lost == 1 else f"{lost} of its rows are not objects"
    return rows, Problem("", what, cause="bad-answer") if lost else None


def nonsense(what: str) -> NoReturn:
    """Refuse a row; `what` is ours alone, and holds no value of it."""
    raise ValueError(what)


def whole_number(value: object) -> int | None:
    """A number in whatever form an API has it: 33, 33.0, "33"; None for what is none."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def tie_of(row: ApiRow, identity: str) -> str:
    """What orders rows that share an id: their own number, or all that they say."""
    own = row.get(identity)
    if isinstance(own, int) and not isinstance(own, bool):
        return f"{own:0>16}"
    return (
        str(own) if isinstance(own, str) and own else repr(sorted((str(k), repr(v)) for k, v in row.items()))
    )


def identified(
    rows: Iterable[tuple[str | None, str, ApiRow]],
) -> tuple[dict[str, ApiRow], dict[str, tuple[str, ...]], int]:
    """Rows as (id, tie-breaker, row) by id: each id once, what shares one, and how many have none.

    Of rows with one id the first by its tie-breaker keeps it and the others get `~2`, `~3` …, so that the
    same rows have the same ids in every run, in whatever order they come.
    """
    groups: dict[str, list[tuple[str, ApiRow]]] = {}
    nameless = 0
    for identity, tie, row in rows:
        if identity:
            groups.setdefault(identity, []).append((tie, row))
        else:
            nameless += 1
    found = {identity: group[0][1] for identity, group in groups.items() if len(group) == 1}
    shared: dict[str, tuple[str, ...]] = {}
    for identity, group in groups.items():
        if len(group) == 1:
            continue
        ids: list[str] = []
        for _, row in sorted(group, key=lambda each: each[0]):
            free = _free(identity, found, groups)
            found[free] = row
            ids.append(free)
        shared[identity] = tuple(ids[1:])
    return found, shared, nameless


def nameless_may_be(
    expected: Iterable[str], found: Mapping[str, object], nameless: int, what: str
) -> Problem | None:
    """Why an id that is expected and not found may be there: rows that have none. None otherwise."""
    if not nameless or all(identity in found for identity in expected):
        return None
    have = "1 of its rows has" if nameless == 1 else f"{nameless} of its rows have"
    return Problem("", f"{have} no {what}, and may be what is missing", cause="may-be-hidden")


def left_out(count: int, what: str) -> tuple[str, ...]:
    """A note on rows that lack what makes their id; none where there are none."""
    if not count:
        return ()
    return (
        f"{count} rows have no {what} and are left out"
        if count > 1
        else f"1 row has no {what} and is left out",
    )


def _free(identity: str, taken: Mapping[str, object], named: Mapping[str, object]) -> str:
    if identity not in taken:
        return identity
    number = 2
    while (candidate := f"{identity}~{number}") in taken or candidate in named:
        number += 1
    return candidate
