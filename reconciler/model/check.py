"""The checks of `doctor`: each one fact about a source, and what to do if it is a problem."""

from typing import Annotated, Literal

from pydantic import Field

from reconciler.model.certificate import SeenCertificate
from reconciler.model.value import Value

CheckState = Literal["ok", "note", "warning", "bad"]


class Check(Value):
    """One thing that was checked."""

    name: Annotated[str, Field(description="What was checked: host, tls, clock, right, …")]
    state: Annotated[
        CheckState,
        Field(
            description="note: something optional is missing; warning: runs work, but should be fixed; bad: "
            "runs are incomplete or fail"
        ),
    ]
    what: Annotated[str, Field(description="What was found; untrusted text")]
    remedy: Annotated[str, Field(description="What to do; empty if there is nothing to do")] = ""
    brief: Annotated[str, Field(description="Short form of `what`; empty for details")] = ""
    certificate: Annotated[
        SeenCertificate | None, Field(description="The certificate that was presented")
    ] = None
