"""The checks of `doctor`: each one fact about a source, and what to do if it is a problem."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.value import Value

CheckState = Literal["ok", "warning", "bad"]


class Check(Value):
    """One thing that was checked."""

    name: Annotated[str, Field(description="What was checked: host, tls, clock, right, …")]
    state: Annotated[
        CheckState, Field(description="warning: runs work, but show less; bad: runs are incomplete")
    ]
    what: Annotated[str, Field(description="What was found; untrusted text")]
    remedy: Annotated[str, Field(description="What to do; empty if there is nothing to do")] = ""
