"""`/v1/summary`: verdict, counts and headline."""

from pydantic import Field

from reconciler.model.listing import Listed
from reconciler.model.summary import Summary
from reconciler.model.value import Row, Value
from reconciler.publish.documents.envelope import Route
from reconciler.publish.view import HEALTH, INVENTORY, RESOURCES, View


class SummaryLinks(Value):
    """The routes to read next."""

    health: Route
    drift: Route
    live: Route
    resources: Route


class PublishedSummary(Summary):
    """Verdict, counts and headline of the last run, and how each source was read."""

    sources: dict[str, Listed] = Field(description="Source → completeness of reading it")
    stale_sources: tuple[str, ...] | None = Field(
        None, description="Sources whose data are out of date; absent unless they were marked"
    )
    version: str = Field(description="Version of the tool that did the run")
    links: SummaryLinks


def summary(view: View) -> Row:
    """Return verdict, counts and headline, and how each source was read."""
    return {
        **view.recorded.report.summary.model_dump(mode="json"),
        "sources": {name: status.status for name, status in view.run.sources.items()},
        "version": view.run.version,
        "links": {
            "health": HEALTH,
            "drift": f"{INVENTORY}/drift",
            "live": f"{INVENTORY}/live",
            "resources": RESOURCES,
        },
    }
