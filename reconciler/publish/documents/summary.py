"""`/v1/summary`: verdict, counts and headline."""

from reconciler.model.value import Row
from reconciler.publish.view import HEALTH, INVENTORY, View


def summary(view: View) -> Row:
    """Return verdict, counts and headline, and how each source was read."""
    return {
        **view.recorded.report.summary.model_dump(mode="json"),
        "sources": {name: status.status for name, status in view.run.sources.items()},
        "version": view.run.version,
        "links": {"health": HEALTH, "drift": f"{INVENTORY}/drift", "live": f"{INVENTORY}/live"},
    }
