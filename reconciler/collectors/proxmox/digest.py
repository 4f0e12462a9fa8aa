"""The digest of a configuration file, which changes with every edit: it guards a command that has it."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.text import Text
from reconciler.model.resource import OBSERVED

Digest = Annotated[
    Text | None,
    OBSERVED,
    Field(description="Of its configuration file: a command sent with an outdated one is refused"),
]
