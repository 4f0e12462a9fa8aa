"""Pydantic's errors as readable lines: `file:line:column: subject: what is wrong (did you mean …)`.

Values are repeated only where a number, a flag or a choice is expected, shortened and escaped; text is never
repeated, because it may be a token that was pasted into the wrong field.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reconciler.errors import Problem, in_order
from reconciler.text import printable, quoted
from reconciler.yamlfile.shapes import description, field_types, member_type, unwrap
from reconciler.yamlfile.tree import YamlPath, YamlTree
from reconciler.yamlfile.units import in_unit, unit_of

MAX_PROBLEMS = 100
"""The most problems that one validation reports: enough to fix before the next try."""

NOT_OFFERED = "not offered"
"""A mark in `Annotated` for a field that exists only to refuse its value: it is never suggested."""

_WORDS = {
    "bool_parsing": "must be true or false, not {value}",
    "bool_type": "must be true or false, not {value}",
    "date_type": "must be a date, not {kind}",
    "dict_type": "must be a mapping (`key: value`), not {kind}",
    "finite_number": "must be a finite number, not {value}",
    "float_parsing": "must be a number, not {value}",
    "float_type": "must be a number, not {value}",
    "greater_than": "must be greater than {gt}, not {value}",
    "greater_than_equal": "must be at least {ge}, not {value}",
    "int_from_float": "must be a whole number, not {value}",
    "int_parsing": "must be a whole number, not {value}",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number, not {value}",
    "less_than": "must be less than {lt}, not {value}",
    "less_than_equal": "must be at most {le}, not {value}",
    "list_type": "must be a list, not {kind}",
    "literal_error": "must be {expected}, not {value}",
    "missing": "is missing",
    "model_type": "must be a mapping (`key: value`), not {kind}",
    "string_too_long": "must have {max_length} characters or fewer",
    "string_too_short": "must have {min_length} characters or more",
    "string_type": "must be text, not {kind}",
    "string_unicode": "must be valid Unicode",
    "too_long": "must have {max_length} entries or fewer",
    "too_short": "must have {min_length} entries or more",
    "tuple_type": "must be a list, not {kind}",
}
_NUMBERS = frozenset({"float_parsing", "int_from_float", "int_parsing"})
_BOUNDS = frozenset({"greater_than", "greater_than_equal", "less_than", "less_than_equal"})
_OF_ITS_TYPE = frozenset({*_BOUNDS, "finite_number", "literal_error"})
"""The value is of the right type, so that its type states nothing."""
_MAX_MESSAGE = 200


def problems(error: ValidationError, tree: YamlTree, shape: Any, at: YamlPath = ()) -> list[Problem]:
    """Return every error of a failed validation of `tree`'s value at `at`, with its position.

    `shape` is the type it was validated against: a model, a TypedDict, or a mapping or list of these.
    """
    found: dict[tuple[YamlPath, bool], str] = {}
    for detail in error.errors(include_url=False)[:MAX_PROBLEMS]:
        spot = _spot(tree, shape, at, detail["loc"], missing=detail["type"] == "missing")
        what = _what(detail, spot)
        here = (tuple(spot.path), detail["loc"][-1:] == ("[key]",))
        first = found.setdefault(here, what)  # the members of a union refuse a value in turn
        if first != what and first.startswith("must") and what.startswith("must"):
            found[here] = f"{first}, or {what}"
    told = [*dict.fromkeys(problem_at(tree, path, what) for (path, _), what in found.items())]
    left = error.error_count() - MAX_PROBLEMS
    more = f"{left} more problems after this one"
    last = [Problem(in_order(told)[-1].subject, more, "fix those above first")] if left > 0 else []
    return [*told, *last]


def problem_at(tree: YamlTree, path: YamlPath, what: str) -> Problem:
    """Return the problem of a value of a tree, with its position and its name."""
    subject = dotted(path)
    return Problem(tree.position(path), f"{subject}: {what}" if subject else what)


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """Return ` (did you mean …)` with the nearest candidate, or an empty text if none is near."""
    folded = {candidate.casefold(): candidate for candidate in candidates}
    written = name[:100].casefold()
    near = [each for each in _swapped(written) if each in folded] or get_close_matches(written, folded, n=1)
    return f" (did you mean {printable(folded[near[0]])}?)" if near else ""


def _swapped(name: str) -> Iterator[str]:
    """Yield a name with two neighbouring letters in the other order: a mistake that fingers make."""
    for index in range(len(name) - 1):
        yield f"{name[:index]}{name[index + 1]}{name[index]}{name[index + 2 :]}"


def dotted(path: YamlPath) -> str:
    """Return a readable path: `sources[0].hosts`, `101.nics.net0`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{_step(step)}" for step in path)
    return text.removeprefix(".")


def _step(step: str) -> str:
    return (printable(step[:60]) or '""') + ("…" if len(step) > 60 else "")


def first_error(error: ValidationError, *, below: int = 0, whole: str = "") -> str:
    """Return the first error as `field: message`, without the value.

    `below` leaves out so many outer names; `whole` is in place of the field where none is left.
    """
    first = error.errors(include_url=False)[0]
    return _line(first["loc"][below:], _without_value(first), whole)


def first_errors(error: ValidationError) -> dict[str, str]:
    """Return the outermost name of each error → the first one there, as `first_error` writes it."""
    found: dict[str, str] = {}
    for each in error.errors(include_url=False):
        found.setdefault(str(each["loc"][0]), _line(each["loc"], _without_value(each)))
    return found


def _without_value(detail: ErrorDetails) -> str:
    """Return what is wrong with a value, by its type only: it may be a secret."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in _WORDS:
        words = _WORDS[kind].partition(", not ")[0] if kind in _OF_ITS_TYPE else _WORDS[kind]
        of_type = _type(detail["input"])
        return words.format(**context, value=of_type, kind=of_type)
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    if kind == "extra_forbidden":
        return "unknown key"
    return detail["msg"].removeprefix("Value error, ")


def _type(value: object) -> str:
    if isinstance(value, str):
        return "text"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return "a number" if isinstance(value, int | float) else "a value of another type"


_OF_PYDANTIC = re.compile(r"(?:function-\w+|chain|nullable|union|tagged-union|lax-or-strict)\[")
"""Steps that pydantic adds for validators and choices between types: they are in no file and no answer."""


def _line(at: tuple[int | str, ...], message: str, whole: str = "") -> str:
    where = ".".join(str(step) for step in at if not _OF_PYDANTIC.match(str(step))) or whole
    return f"{where}: {message}" if where else message


@dataclass(frozen=True, slots=True)
class _Spot:
    """The place of an error: its path in the tree, the type expected there, and the type around it."""

    path: YamlPath
    holder: Any
    leaf: Any


def _spot(tree: YamlTree, shape: Any, at: YamlPath, location: Sequence[str | int], *, missing: bool) -> _Spot:
    """Return the spot of one of pydantic's locations.

    Locations also name members of unions and the like: steps that are not in the tree are left out, except
    for a missing field. The location of an error in a mapping's key ends in `[key]`.
    """
    value: Any = tree.value
    for step in at:
        value = value[step]
    on_key = location[-1:] == ("[key]",)
    path, holder, leaf = list(at), None, shape
    for step in location[:-1] if missing or on_key else location:
        inside = (
            step in value if isinstance(value, dict) else isinstance(value, list) and isinstance(step, int)
        )
        if inside:
            value = value[step]
            path.append(step)
            holder, leaf = leaf, member_type(leaf, step)
    if missing:
        return _Spot((*path, location[-1]), leaf, None)
    if on_key:
        leaf = next(iter(get_args(unwrap(holder))), None)
    return _Spot(path, holder, leaf)


def _what(detail: ErrorDetails, spot: _Spot) -> str:
    kind, value, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(str(detail["loc"][-1]), spot)
    if value is None and kind != "missing" and kind in _WORDS:
        return "has no value; write one, or remove the key" if spot.path else "is empty"
    if kind == "string_pattern_mismatch":
        described = description(spot.leaf)
        return f"must match {context['pattern']}" + (f" ({described})" if described else "")
    if kind in _WORDS:
        unit = unit_of(description(spot.leaf))
        if unit is not None and kind in _NUMBERS and isinstance(value, str):
            return _in_unit(value, unit, whole=kind.startswith("int_"))
        if kind in _BOUNDS:
            context = {name: _limit(limit, unit) for name, limit in context.items()}
        what = _WORDS[kind].format(**context, value=_value(value), kind=_kind(value))
        is_choice = kind == "literal_error" and isinstance(value, str)
        choices = get_args(unwrap(spot.leaf)) if is_choice else ()
        return what + did_you_mean(str(value), map(str, choices))
    message = detail["msg"].removeprefix("Value error, ")
    return printable(message[:_MAX_MESSAGE]) + ("…" if len(message) > _MAX_MESSAGE else "")


def _unknown_key(name: str, spot: _Spot) -> str:
    known = field_types(spot.holder) or {}
    offered = [each for each, shape in known.items() if NOT_OFFERED not in get_args(shape)]
    begun, colon, _ = name.partition(":")
    if colon and begun in offered:
        return f"a ':' needs a blank after it: write `{begun}: …`"
    return f"unknown key{did_you_mean(name, offered)}"


def _limit(limit: Any, unit: str | None) -> str:
    """Return a bound without decimals that state nothing, and its unit."""
    whole = int(limit) if isinstance(limit, float) and limit.is_integer() else limit
    return f"{whole} {unit}" if unit is not None else str(whole)


def _in_unit(text: str, unit: str, *, whole: bool) -> str:
    amount = in_unit(text, unit, whole=whole)
    if amount is not None:
        return f"is in {unit}: write {amount}, not {quoted(text)}"
    return f"must be a {'whole ' if whole else ''}number of {unit}, not {quoted(text)}"


def _value(value: object) -> str:
    return quoted(value) if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    return "text"
