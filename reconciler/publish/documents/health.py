"""`/v1/health`: how each source was read, and when it goes stale."""

from typing import Literal

from pydantic import Field

from reconciler.model.snapshot import Scope, SourceStatus, WentBack
from reconciler.model.value import Row, Timestamp, Value, timestamp
from reconciler.publish.view import View


class HistoryPosition(Value):
    """The place of the run in its history."""

    lineage: str | None = Field(description="Id of the history; a different id means a different history")
    serial: int | None = Field(description="Increases with every commit that changes the recorded state")
    pushed: bool | None = Field(description="false: the run is not pushed yet")
    went_back: WentBack | None = Field(description="Set if the history is not where the last run left it")


class PublishedSource(SourceStatus):
    """How reading one source went, and when its data go stale."""

    stale_after: Timestamp | None = Field(description="null: never read")
    stale: Literal[True] | None = Field(None, description="Set if marked as out of date; otherwise absent")


class PublishedHealth(Value):
    """How each source was read, and when it goes stale."""

    history: HistoryPosition
    sources: dict[str, PublishedSource] = Field(description="By source name")
    scopes: tuple[Scope, ...] = Field(description="Read result of each kind of each source")


def health(view: View) -> Row:
    """Return the place in the history, and for each source how reading it went and when it goes stale."""
    position, lost = view.recorded.position, view.run.went_back
    return {
        "history": {
            "lineage": position and position.lineage,
            "serial": position and position.serial,
            "pushed": position.pushed if position else None,
            "went_back": lost and lost.model_dump(mode="json", exclude_none=True),
        },
        "sources": {
            name: {**status.model_dump(mode="json"), "stale_after": stale and timestamp(stale)}
            for name, status in view.run.sources.items()
            for stale in [view.stale_after(name)]
        },
        "scopes": view.report["scopes"],
    }
