"""How a finding is settled: the commands that set a resource back, or why there are none."""

from typing import Literal

from pydantic import Field

from reconciler.model.value import Value

Effect = Literal["at once", "link drops", "replug", "waits", "grow only", "by hand"]
"""The effect of a command on a running resource. `waits`: it needs a stop and a start."""


class Fix(Value):
    """How to set a resource back to its desired state. It is printed and published, and never sent."""

    where: str | None = Field(None, description="The node on which the commands have to run; null: any")
    commands: tuple[tuple[str, ...], ...] = Field((), description="Each command as its words, in order")
    effect: Effect = Field(description="The effect of the commands on a running resource")
    right: str | None = Field(
        None, description="The right that the commands need: VM.Config.Network on /vms/142"
    )
    by_hand: str | None = Field(None, description="Where no command is safe: what to set where")
    why_not: str | None = Field(None, description="Why no command is shown: the row is locked, stale, …")
