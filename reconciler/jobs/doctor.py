"""Check that each source can be read, and list what a run would be missing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from reconciler.config.file import Config
from reconciler.config.settings import SourceSettings
from reconciler.jobs import steps
from reconciler.jobs.collect import collect_live
from reconciler.kinds import SYSTEMS
from reconciler.model.check import Check
from reconciler.model.deadline import source_budget
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext

_PREFLIGHT_SHARE = 1 / 4
"""Of the time of a run, for what is checked before anything is read; all sources at once."""


def check_sources(
    config: Config, environment: Mapping[str, str], progress: Progress
) -> tuple[dict[str, list[Check]], Snapshot]:
    """Return the checks of each source, and the snapshot that a run would make of them now."""
    deadline = steps.deadline(config)

    def preflight(source: SourceSettings) -> list[Check]:
        progress.step(f"checking {source.name}")
        budget = source_budget(config.settings.interval, deadline.part(_PREFLIGHT_SHARE))
        context = SourceContext(environment, config.root, progress, budget=budget)
        return list(SYSTEMS[source.type].preflight(source, context))

    with ThreadPoolExecutor(len(config.sources), thread_name_prefix="check") as pool:
        found = list(pool.map(preflight, config.sources))
    checks = {source.name: each for source, each in zip(config.sources, found, strict=True)}
    return checks, collect_live(config, environment, progress, checks, deadline)
