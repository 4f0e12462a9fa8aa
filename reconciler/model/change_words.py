"""The words for changes between two runs."""

from typing import Literal

ChangeWord = Literal[
    "changed",
    "created",
    "deleted",
    "moved",
    "not-configured",
    "replaced",
    "secret-changed",
    "started",
    "stopped",
    "unread-changed",
]
"""A change between two runs. `unread-changed`: of a key of the API that no field reads; `not-configured`: a
source or kind left the configuration."""
