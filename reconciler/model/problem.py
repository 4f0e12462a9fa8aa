"""A `Problem` as a field of the JSON values: an object with cause, subject, what and remedy."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from reconciler.errors import CAUSES, Problem


def _known_cause(value: object) -> object:
    """Replace a cause that only a later version knows by `other`."""
    if isinstance(value, Mapping) and value.get("cause") not in CAUSES:
        return {**value, "cause": "other"}
    return value


ProblemValue = Annotated[
    Problem,
    BeforeValidator(_known_cause),
    WithJsonSchema(
        {
            "type": "object",
            "description": "One failure: where, what, and how to fix it",
            "required": ["cause", "subject", "what", "remedy"],
            "properties": {
                "cause": {
                    "type": "string",
                    "description": "Stable id of the cause: token-lacks-right, timeout, …",
                    "examples": ["token-lacks-right"],
                },
                "subject": {
                    "type": "string",
                    "description": "Host, node or path concerned; empty where the context names it",
                },
                "what": {"type": "string", "description": "What is wrong; untrusted text"},
                "remedy": {"type": "string", "description": "How to fix it; empty if that is unknown"},
            },
        }
    ),
]
"""A problem as a model's field."""
