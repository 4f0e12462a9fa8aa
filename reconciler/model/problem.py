"""A `Problem` as a field of the JSON values: an object with cause, subject, what and remedy."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema

from reconciler.errors import CAUSES, Problem


def _known_cause(value: object) -> object:
    """Read a cause that only a later version knows as `other`."""
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
                    "description": "Stable id of the sort of failure: token-lacks-right, timeout, …",
                    "examples": ["token-lacks-right"],
                },
                "subject": {
                    "type": "string",
                    "description": "Host, node or path that it is about; empty: what it is reported with",
                },
                "what": {"type": "string", "description": "What is wrong; untrusted text"},
                "remedy": {"type": "string", "description": "How to fix it; empty where that is not known"},
            },
        }
    ),
]
"""A problem as a model's field."""
