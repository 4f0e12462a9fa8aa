"""The fields of a model that are about its notes: a flag, a fingerprint, and the notes themselves."""

from collections.abc import Mapping

from pydantic import BaseModel

_HAS = "has_"
"""With this begins the name of a field that shows whether there are notes: `has_comment`."""


def fields_about_texts(model: type[BaseModel], notes: str | None) -> Mapping[str, frozenset[str]]:
    """Return the pointers of fields about a text → those of the fields that show more of its changes.

    `notes` is the field of free text that is read only where the source has `store_descriptions`.
    """
    found: dict[str, frozenset[str]] = {}
    for flag in (name for name in model.model_fields if name.startswith(_HAS)):
        text = flag.removeprefix(_HAS)
        more = [name for name in model.model_fields if name in {text, notes, f"{text}_fingerprint"}]
        found[f"/{flag}"] = frozenset(f"/{name}" for name in more)
        found[f"/{text}_fingerprint"] = frozenset({f"/{text}"})
    return found
