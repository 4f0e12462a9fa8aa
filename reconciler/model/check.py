"""The checks of `doctor`: one fact about a source each, and how to fix it where it is not good."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.value import Value

CheckState = Literal["ok", "warning", "bad"]


class Check(Value):
    """One fact that was checked."""

    name: Annotated[str, Field(description="Subject of the check: host, tls, clock, right, …")]
    state: Annotated[CheckState, Field(description="warning: works, with less; bad: runs are incomplete")]
    what: Annotated[str, Field(description="What was found; untrusted text")]
    remedy: Annotated[str, Field(description="How to fix it; empty where there is nothing to do")] = ""
