"""Declared values that the API would refuse: outside the limits that its schemas publish."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.desired.declaration_type import declaration_type
from reconciler.model.kind import AnyKind
from reconciler.model.limits import Limit, beyond
from reconciler.text import quoted
from reconciler.yamlfile.shapes import description, field_types, member_type
from reconciler.yamlfile.tree import YamlPath
from reconciler.yamlfile.units import unit_of
from reconciler.yamlfile.validation import did_you_mean

_FEW = 8
"""The most choices that a message spells out with `or`."""


def beyond_limits(kind: AnyKind, fields: Mapping[str, Any]) -> Iterator[tuple[YamlPath, str]]:
    """Yield the path of each declared value that is outside the limits of its field, and what is wrong."""
    for path, limit in beyond(fields, kind.limits):
        value: Any = fields
        for step in path:
            value = value[step]
        yield path, _explain(kind, path, limit, value)


def _explain(kind: AnyKind, path: YamlPath, limit: Limit, value: object) -> str:
    """Return what is wrong with a value, with the unit of the field, and what would be right."""
    model: Any = kind.model
    holder, leaf = None, declaration_type(model)
    for step in path:
        holder, leaf = leaf, member_type(leaf, step)
    text = quoted(str(value))
    if limit.ip is not None:
        other = _field_for(6 if limit.ip == 4 else 4, str(path[-1]), holder)
        return f"must be IPv{limit.ip}, not {text}" + (f" (write it as {other})" if other else "")
    if limit.one_of:
        choices = [f"{each:g}" if isinstance(each, float | int) else each for each in _sorted(limit)]
        return f"must be {_any_of(choices)}, not {text}{did_you_mean(str(value), choices)}"
    unit = unit_of(description(leaf))
    return f"must be {_span(limit, f' {unit}' if unit else '')}, not {text}"


def _field_for(version: int, name: str, holder: Any) -> str | None:
    """Return the field beside one that takes addresses of the other version: `ip6` of `ip`."""
    other = f"{name}6" if version == 6 else name.removesuffix("6")
    return other if other != name and other in (field_types(holder) or {}) else None


def _span(limit: Limit, unit: str) -> str:
    if limit.least is None or limit.most is None:
        end = f"at least {limit.least:g}" if limit.least is not None else f"at most {limit.most:g}"
        return f"{end}{unit}"
    return f"from {_plain(limit.least)} to {_plain(limit.most)}{unit}"


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _any_of(choices: list[str]) -> str:
    if len(choices) > _FEW:
        return f"one of {', '.join(choices)}"
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))


def _sorted(limit: Limit) -> list[str | float]:
    return sorted(limit.one_of, key=lambda each: (isinstance(each, str), each))
