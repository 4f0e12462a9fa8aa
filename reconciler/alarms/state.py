"""The state of a sink: all that it was sent. The pulse keeps it; damaged content counts as none."""

from pydantic import Field, ValidationError

from reconciler.config.severity import Severity
from reconciler.model.alarm import RunStep
from reconciler.model.key import KeyText
from reconciler.model.listing import Listed
from reconciler.model.value import Row, Timestamp, Value

MAX_TITLE = 200
"""Characters of a title that are kept, for the day on which the cause is resolved."""


class SentCause(Value):
    """A cause of which the sink knows that it stands."""

    key: KeyText
    type: str
    severity: Severity
    title: str
    name: str | None = None


class SinkState(Value):
    """All of which a sink knows."""

    number: int = Field(ge=1, description="How often it was notified: of two states, the one that counts")
    run_id: str
    at: Timestamp = Field(description="When the run of the last notification began")
    causes: dict[str, SentCause] = Field(default_factory=dict, description="Finding id → what was sent")
    sources: dict[str, Listed] = Field(default_factory=dict)
    failures: tuple[RunStep, ...] = ()


def parse(row: Row | None) -> SinkState | None:
    """Return a state from its JSON form; None for anything else, as if the sink was never notified."""
    try:
        return None if row is None else SinkState.model_validate(row)
    except (ValidationError, ValueError, TypeError, RecursionError):
        return None


def to_row(state: SinkState) -> Row:
    """Return the JSON form of a state."""
    return state.model_dump(mode="json", exclude_none=True)
