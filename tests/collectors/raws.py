"""Raw rows and their context from JSON, as the type hints of a kind's `normalise` want them."""

from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from reconciler.model.kind import AnyKind
from reconciler.model.resource import Resource


@cache
def _adapters(kind: AnyKind) -> tuple[TypeAdapter[Any], TypeAdapter[Any]]:
    hints = [hint for name, hint in get_type_hints(kind.normalise).items() if name != "return"]
    return TypeAdapter(hints[1]), TypeAdapter(hints[2])


def normalise(kind: AnyKind, identity: str, raw: Any, context: dict[str, Any] | None = None) -> Resource:
    """Return the resource of a row and its context in JSON form."""
    assert kind.normalise is not None
    raws, contexts = _adapters(kind)
    resource: Resource = kind.normalise(
        identity, raws.validate_python(raw), contexts.validate_python(context or {})
    )
    return resource
