"""The fields of a resource that run in another form until a change is applied."""

from typing import Any

from pydantic import JsonValue

from reconciler.model.pointer import differing, parts_of, pointer
from reconciler.model.resource import BASE_FIELDS, Resource


def running_otherwise(configured: Resource, running: Resource, *but: str) -> dict[str, JsonValue]:
    """Return what runs, by the JSON pointer of each field that is configured otherwise.

    A field that could not be read of either is not compared.
    """
    apart: Any = BASE_FIELDS.union(but)
    one, other = (
        each.model_dump(mode="json", exclude_none=True, exclude=apart) for each in (configured, running)
    )
    unread = {pointer(name) for name in (*(configured.unread or ()), *(running.unread or ()))}
    return {
        at: value for at, value in differing(one, other).items() if pointer(parts_of(at)[0]) not in unread
    }
