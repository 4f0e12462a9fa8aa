"""`/v1/history/{run}`: what one run changed; the same bytes in every release that has it."""

from collections.abc import Iterator

from reconciler.model.run_changes import RunChanges
from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.model.value import Row, timestamp
from reconciler.publish.view import HEALTH, HISTORY, View


def run_members(view: View) -> Iterator[tuple[str, RunChanges]]:
    """Yield the route of each run that changed something, the newest first."""
    for changes in view.recorded.past.changes:
        yield f"{HISTORY}/{changes.id}", changes


def run_document(view: View, changes: RunChanges) -> Row:
    """Return what a run changed, as it was recorded; nothing of later runs, so that it never changes.

    Resources and findings are named by key and id, because they may be gone: `/v1/index/resources` and
    `/v1/findings/{id}` have those that are left.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": timestamp(changes.collected_at),
        "links": {"health": HEALTH, "list": HISTORY},
        "data": changes.model_dump(mode="json", exclude_none=True),
    }
