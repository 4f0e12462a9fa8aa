"""Where people see and edit the desired state: the web address of its repository, as a run knows it.

It is recorded with the run, so that a host that only publishes makes the same links.
"""

from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from reconciler.config.addresses import WebAddress
from reconciler.config.settings import Branch
from reconciler.model.value import Value


class WebRepository(Value):
    """The web repository of the desired state, such as Gitea."""

    address: WebAddress = Field(description="URL without a trailing slash: https://gitea.lan/ops/site")
    branch: Branch = Field(description="Branch for edits")
    directory: str = Field(description="Directory of the desired state")
    files: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="source/kind → files that declare its resources"
    )


def _or_none(value: Any, parse: ValidatorFunctionWrapHandler) -> WebRepository | None:
    """Return the repository that a record names; None where nothing can link to it."""
    try:
        found: WebRepository | None = parse(value)
    except ValidationError:
        return None
    return found


RecordedRepository = Annotated[WebRepository | None, WrapValidator(_or_none)]
