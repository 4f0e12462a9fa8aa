"""Read the live state alone; nothing is compared, recorded or published."""

from collections.abc import Mapping
from contextlib import suppress

from reconciler.collectors.collect import Expected, begin
from reconciler.config.file import Config
from reconciler.errors import (
    DesiredStateError,
    RecordError,
)
from reconciler.jobs.steps import (
    begin_look,
    collect_now,
    expected_of,
    load_desired,
    now,
    without_cyclic_gc,
)
from reconciler.model.check import Check
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Snapshot


def collect_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    checks: Mapping[str, list[Check]] | None = None,
) -> Snapshot:
    """The live state alone; what is declared or recorded is asked for, so that none of it is only hidden.

    What the connections tell `doctor` is added to `checks`.
    """
    expected = Expected()
    facts = begin(config, now())
    with without_cyclic_gc():
        with suppress(DesiredStateError, RecordError):  # who only collects need have neither
            desired = load_desired(config)
            facts, previous = begin_look(config, progress)
            expected = expected_of(desired, previous)
        return collect_now(config, environment, progress, facts, expected, checks)
