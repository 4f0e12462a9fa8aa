"""A declared list with the items that it has live, written as it is where the items are the same."""

from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError


def accepted_list(shape: Any, written: Sequence[Any], live: Sequence[Any]) -> list[Any]:
    """Return the live items in the words of the file, and in its order where the order does not count."""
    parser: TypeAdapter[Any] = TypeAdapter(shape)
    known = [(_normal(parser, [item]), item) for item in written]
    found: list[Any] = []
    for item in live:
        normal = _normal(parser, [item])
        same = next((each for each in known if each[0] is not None and each[0] == normal), None)
        if same is not None:
            known.remove(same)
        found.append(item if same is None else same[1])
    left = [item for _, item in known]
    kept = _without(written, left)
    in_order = [*kept, *_without(found, kept)]
    return in_order if _normal(parser, in_order) == _normal(parser, found) else found


def _without(items: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """Return items without as many of each as there are in others."""
    left = list(others)
    kept = []
    for item in items:
        if item in left:
            left.remove(item)
        else:
            kept.append(item)
    return kept


def _normal(parser: TypeAdapter[Any], items: list[Any]) -> Any:
    """Return items in their normal form; None where they are not valid."""
    try:
        return parser.dump_python(parser.validate_python(items), mode="json", exclude_none=True)
    except ValidationError:
        return None
