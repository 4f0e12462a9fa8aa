"""Check everything that a run needs, and list what a run would be missing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from reconciler.config.file import SITE, Config
from reconciler.config.settings import SourceSettings
from reconciler.errors import RecordError
from reconciler.jobs import steps
from reconciler.jobs.collect import collect_live
from reconciler.jobs.readiness import Diagnosis
from reconciler.jobs.site_checks import check_desired, check_key, check_machine
from reconciler.jobs.watch_checks import check_hosting, check_watch
from reconciler.kinds import SYSTEMS
from reconciler.model.check import Check
from reconciler.model.deadline import Deadline, source_budget
from reconciler.model.progress import Progress, Silent
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext
from reconciler.publish.readiness import publish_checks

_PREFLIGHT_SHARE = 1 / 4
"""Of the time of a run, for what is checked before anything is read; all sources at once."""


def diagnose(config: Config, environment: Mapping[str, str], progress: Progress) -> Diagnosis:
    """Check everything that a run needs; nothing is recorded, and nothing is changed anywhere."""
    deadline = steps.deadline(config)
    progress.step("reading the record")
    previous = _recorded(config, deadline)
    of_desired, desired = check_desired(config)
    progress.step("checking git")
    from reconciler.record.readiness import git_checks  # GitPython takes a tenth of a second

    git = git_checks(
        config.root,
        config.settings.history,
        config.settings.desired_state,
        deadline.fraction(_PREFLIGHT_SHARE),
        config.secret_variables,
    )
    areas = {
        "git": list(git),
        "publish": list(publish_checks(config.publish_directory, config.settings.publish.directory)),
        "desired-state": of_desired,
        "watch": list(check_watch(config, environment)),
        **_area_if_any("gitea", list(check_hosting(config, environment))),
        SITE: [check_key(config, environment, previous, desired), *check_machine(config, previous)],
    }
    checks, snapshot = check_sources(config, environment, progress, deadline)
    return Diagnosis(snapshot, checks, areas, desired is not None and bool(desired.resources))


def _area_if_any(area: str, checks: list[Check]) -> dict[str, list[Check]]:
    """Return the checks of an area that not every site has."""
    return {area: checks} if checks else {}


def _recorded(config: Config, deadline: Deadline) -> Recorded | None:
    """Return the last recorded run; None where there is none, or where it cannot be read."""
    with suppress(RecordError):
        return steps.read_record_if_any(config, Silent(), deadline)[1]
    return None


def check_sources(
    config: Config, environment: Mapping[str, str], progress: Progress, deadline: Deadline
) -> tuple[dict[str, list[Check]], Snapshot]:
    """Return the checks of each source, and the snapshot that a run would make of them now."""

    def preflight(source: SourceSettings) -> list[Check]:
        progress.step(f"checking {source.name}")
        budget = source_budget(config.settings.interval, deadline.fraction(_PREFLIGHT_SHARE))
        context = SourceContext(environment, config.root, progress, budget=budget)
        return list(SYSTEMS[source.type].preflight(source, context))

    with ThreadPoolExecutor(len(config.sources), thread_name_prefix="check") as pool:
        found = list(pool.map(preflight, config.sources))
    checks = {source.name: each for source, each in zip(config.sources, found, strict=True)}
    return checks, collect_live(config, environment, progress, checks, deadline)
