"""Recorded rows as the models of their kinds read them: anyone who may push can write to the record.

A row that its model refuses costs itself: it is left out, named, and read again by the run. Keys that a model
does not know are dropped. A kind that is not configured any more, or that this version does not have, has no
model: its rows stay as they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import ValidationError

from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, KindOf
from reconciler.model.value import LIVE, Row
from reconciler.record import layout
from reconciler.text import visible
from reconciler.yamlfile.validation import first_error

_DEFECTS = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""Errors of validators that expect the types of an API: a validator may raise any of them for others."""
_AT_ONCE = 500
"""So many rows are parsed in one call: the models of all at once would make the peak of memory of a run."""
_NAMED = 5
"""So many bad rows of a file are named one by one."""


def no_kinds(_source: str, _kind: str) -> None:
    """Return None: every row stays as it is."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a record that count, and why others do not."""

    config: dict[Key, Row] = field(default_factory=dict)
    observed: dict[Key, Row] = field(default_factory=dict)
    bad: dict[Key, str] = field(default_factory=dict)


def trusted(config: Mapping[Key, Row], observed: Mapping[Key, Row], kind_of: KindOf) -> Rows:
    """Return the rows that their models take, as those write them."""
    rows = Rows()
    places: dict[tuple[str, str], list[Key]] = {}
    for key in {**config, **observed}:
        if why := _why_not(key, config, observed):
            rows.bad[key] = why
        else:
            places.setdefault((key.source, key.kind), []).append(key)
    for place, keys in places.items():
        kind = kind_of(*place)
        if kind is None:
            rows.config.update((key, config[key]) for key in keys if key in config)
            rows.observed.update((key, observed[key]) for key in keys if key in observed)
        else:
            for start in range(0, len(keys), _AT_ONCE):
                _add(rows, kind, keys[start : start + _AT_ONCE], config, observed)
    return rows


def _why_not(key: Key, config: Mapping[Key, object], observed: Mapping[Key, object]) -> str:
    """Return why a row cannot be one of any kind; empty where it can."""
    if not layout.is_key(key):
        return "it has no valid id"
    whole = all(isinstance(part[key], dict) for part in (config, observed) if key in part)
    return "" if whole else "it is not an object"


def _add(
    rows: Rows, kind: AnyKind, keys: Iterable[Key], config: Mapping[Key, Row], observed: Mapping[Key, Row]
) -> None:
    """Add the rows of one kind, each with both of its parts at once."""
    by_id = {key.id: key for key in keys}
    whole = {name: {**config.get(key, {}), **observed.get(key, {})} for name, key in by_id.items()}
    parsed, refused = _parsed(kind, whole)
    for identity, why in refused.items():
        key = by_id[identity]
        rows.bad[key] = why
        if key in config and key in observed:  # its observed part may be the bad one
            parsed |= _parsed(kind, {identity: config[key]})[0]
    for identity, row in parsed.items():
        key = by_id[identity]
        of_config, others = kind.split(row)
        if key in config:
            rows.config[key] = of_config
        if key in observed and others:
            rows.observed[key] = others


def _parsed(kind: AnyKind, rows: Mapping[str, Row]) -> tuple[dict[str, Row], dict[str, str]]:
    """Return the rows as the model writes them, and why it refuses others; one call where none is refused."""
    try:
        return _validated(kind, rows), {}
    except _DEFECTS:
        pass
    parsed: dict[str, Row] = {}
    refused: dict[str, str] = {}
    for identity, row in rows.items():
        try:
            parsed |= _validated(kind, {identity: row})
        except _DEFECTS as error:
            refused[identity] = _reason(error)
    return parsed, refused


def _validated(kind: AnyKind, rows: Mapping[str, Row]) -> dict[str, Row]:
    """Return rows as their model writes them: fields that were not recorded are not added."""
    resources = kind.adapter.validate_python(rows, extra="ignore", context=LIVE)
    dumped: dict[str, Row] = kind.adapter.dump_python(resources, mode="json", exclude_unset=True)
    return dumped


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return first_error(error)
    return f"has a value of another type ({type(error).__name__})"


def problems(bad: Mapping[Key, str], where: Callable[[str], str]) -> Iterable[Problem]:
    """Yield a problem for each row that is left out; `where` makes a path of one in the layout."""
    files: dict[str, list[Key]] = {}
    for key in bad:
        files.setdefault(layout.live_path(visible(key.source), visible(key.kind)), []).append(key)
    for path, keys in sorted(files.items()):
        for key in keys[:_NAMED]:
            what = f"row {visible(key.id, 60)} is left out, and read again: {visible(bad[key], 200)}"
            yield Problem(where(path), what)
        if len(keys) > _NAMED:
            yield Problem(where(path), f"{len(keys) - _NAMED} more rows are left out, and read again")
