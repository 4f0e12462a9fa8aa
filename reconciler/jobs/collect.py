"""Read only the live state; nothing is compared, recorded or published."""

from collections.abc import Mapping
from contextlib import suppress

from reconciler.collectors.collect import Expected
from reconciler.config.file import Config
from reconciler.drift.identify import identify
from reconciler.errors import DesiredStateError, RecordError
from reconciler.jobs import steps
from reconciler.kinds import kinds_of
from reconciler.model.check import Check
from reconciler.model.deadline import Deadline
from reconciler.model.desired import DesiredState
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Snapshot


def collect_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    checks: Mapping[str, list[Check]] | None = None,
    deadline: Deadline | None = None,
) -> Snapshot:
    """Read the live state; declared and recorded resources are expected, so that a list cannot hide one.

    The checks of the connections for `doctor` go to `checks`; it ends by `deadline`, or as a run does.
    """
    expected = Expected()
    desired: DesiredState | None = None
    previous: Recorded | None = None
    deadline = deadline or steps.deadline(config)
    facts = steps.begin(config)
    with steps.without_cyclic_gc():
        with suppress(DesiredStateError, RecordError):  # collecting needs neither
            desired = steps.load_desired(config)
            repository, previous = steps.read_record_if_any(config, progress, deadline)
            facts = steps.begin(config, repository)
            expected = steps.expect(desired, previous)
        snapshot = steps.collect(config, environment, progress, facts, expected, checks, deadline=deadline)
        return identify(snapshot, desired, previous, kinds_of(config))
