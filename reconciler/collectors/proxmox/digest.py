"""The digest of a configuration file. Every edit changes it, so a command that carries it is guarded."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.text import Text
from reconciler.model.resource import OBSERVED

Digest = Annotated[
    Text | None,
    OBSERVED,
    Field(description="Digest of the configuration file; commands with an outdated digest are refused"),
]
