"""What `doctor` finds out about a source: one thing each, and what to do where it is not well."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.value import Value

CheckState = Literal["ok", "warning", "bad"]


class Check(Value):
    """One thing that was looked at."""

    name: Annotated[str, Field(description="What was looked at: host, tls, clock, right, …")]
    state: Annotated[CheckState, Field(description="warning: works, with less; bad: runs are incomplete")]
    what: Annotated[str, Field(description="What was found; untrusted text")]
    remedy: Annotated[str, Field(description="What to do; empty where nothing is to be done")] = ""
