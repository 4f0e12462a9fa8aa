"""Where people set by hand what no command sets: `<system>/by_hand.yaml`, kind → place in the web interface.

A kind may have a text for single fields too: what stands in the way, and what to do about it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from reconciler.model.fix import Fix, KindFixes, WantedFields, by_hand
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import parts_of
from reconciler.yamlfile.tree import parse_yaml

_LONGEST = 200


def with_fixes(system: str, kinds: Iterable[AnyKind]) -> tuple[AnyKind, ...]:
    """Return the kinds of a system, of which those without commands say what to set by hand."""
    return tuple(
        replace(kind, fix=_by_hand(system, kind.name)) if kind.fix is None else kind for kind in kinds
    )


def _by_hand(system: str, kind: str) -> KindFixes:
    return KindFixes(partial(set_by_hand, system, kind), partial(apply_by_hand, system, kind))


def apply_by_hand(system: str, kind: str, wanted: WantedFields) -> Fix:
    """Return where changes that wait are applied or reverted."""
    text = places(system).get(kind, {}).get("apply", "apply the changes of {kind} {id}, or revert them")
    return by_hand(str(text).replace("{kind}", kind).replace("{id}", wanted.id))


def set_by_hand(system: str, kind: str, wanted: WantedFields) -> Fix:
    """Return what to set where."""
    texts = (instruction(system, kind, wanted, path) for path in wanted.changes)
    return by_hand("; ".join(dict.fromkeys(texts)))


def instruction(system: str, kind: str, wanted: WantedFields, path: str) -> str:
    """Return what to set where for one field: the text of the field, else place, field and value."""
    entry = places(system).get(kind, {})
    parts = parts_of(path)
    for pattern, text in entry.get("fields", {}).items():
        if _matches(str(pattern), ".".join(parts)):
            return str(text)
    place = str(entry.get("place", f"in the configuration of {kind} {{id}}")).replace("{id}", _called(wanted))
    after = f"; {entry['then']}" if "then" in entry else ""
    return f"{place}: {_what(parts, wanted.changes.get(path))}{after}"


def _called(wanted: WantedFields) -> str:
    """Return what people know a resource by: its name, if it has one, and its id."""
    name = wanted.row.get("name")
    return f"{name} ({wanted.id})" if isinstance(name, str) and name not in {"", wanted.id} else wanted.id


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    text = re.escape(pattern).replace(r"\*\*", ".+").replace(r"\*", "[^.]+")
    return re.compile(text)


def _matches(pattern: str, field: str) -> bool:
    """Return whether a field is meant: `*` stands for one name, `**` for all that is below."""
    return _pattern(pattern).fullmatch(field) is not None


def _what(parts: tuple[str, ...], value: Any) -> str:
    field = ".".join(parts)
    if value is None:
        return f"remove {field}"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return f"set {field} as declared" if len(text) > _LONGEST else f"set {field} to {text}"


@cache
def places(system: str) -> Mapping[str, Mapping[str, Any]]:
    """Return the table of a system. It is read when a fix first needs it."""
    file = Path(__file__).parent / system / "by_hand.yaml"
    table: Mapping[str, Mapping[str, Any]] = parse_yaml(file.read_bytes(), file.name).value
    return table
