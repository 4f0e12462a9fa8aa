"""`/v1/health`: how each source was read, and when it goes stale."""

from reconciler.model.value import Row, timestamp
from reconciler.publish.view import View


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
