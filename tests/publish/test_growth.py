"""The cost of publishing and of reports: twice the resources and findings take twice the steps."""

from collections.abc import Callable
from functools import cache, partial

import pytest

from reconciler.config.settings import DriftSettings
from reconciler.drift.compare import compare
from reconciler.jobs.publish import view_of
from reconciler.model.recorded import Recorded
from reconciler.publish.content import files_of
from reconciler.report import formats
from tests.publish.site import finding
from tests.site.crowd import crowd
from tests.site.rows import KINDS, built
from tests.site.test_growth import NOTHING
from tests.steps import steps


@cache
def crowded(size: int) -> Recorded:
    """A recorded run of a site with a finding for each resource; every second one is ignored.

    Without public names, of which each leads to every guest of the crowd.
    """
    rows = {key: row for key, row in crowd(size, declared=True).items() if not key.startswith("npm/")}
    inventory = built(rows)
    findings = tuple(
        finding(key, "drifted", "/memory", ignored_by="config/ignore.yaml:1" if number % 2 else None)
        for number, key in enumerate(inventory.config)
    )
    report = compare(inventory, NOTHING, None, DriftSettings(), KINDS)
    return Recorded(report.model_copy(update={"findings": findings}), inventory, {})


def published(recorded: Recorded) -> None:
    assert all(isinstance(file.data, bytes) for file in files_of(view_of(recorded)))


def reported(name: str, recorded: Recorded) -> None:
    assert isinstance(formats.render(recorded.report, name), bytes)


COSTS: dict[str, Callable[[Recorded], None]] = {
    "publish": published,
    **{f"report as {name}": partial(reported, name) for name in formats.RENDERERS},
}


@pytest.mark.parametrize("name", COSTS)
def test_twice_the_site_takes_twice_the_steps(name):
    """Beside what is always done: from the first size to the second, and from that to the third."""
    sizes = (20, 40, 80)
    COSTS[name](crowded(sizes[-1]))  # what is imported
    taken = [steps(partial(COSTS[name], crowded(size))) for size in sizes]
    assert taken[2] - taken[1] <= 2.3 * (taken[1] - taken[0])
