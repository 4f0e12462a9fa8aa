"""Check that each source can be read, and list what a run would be missing."""

from collections.abc import Mapping

from reconciler.config.file import Config
from reconciler.jobs.collect import collect_live
from reconciler.kinds import SYSTEMS
from reconciler.model.check import Check
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext


def check_sources(
    config: Config, environment: Mapping[str, str], progress: Progress
) -> tuple[dict[str, list[Check]], Snapshot]:
    """Return the checks of each source, and the snapshot that a run would make of them now."""
    checks: dict[str, list[Check]] = {}
    for source in config.sources:
        progress.step(f"checking {source.name}")
        context = SourceContext(environment, config.root, progress)
        checks[source.name] = list(SYSTEMS[source.type].preflight(source, context))
    return checks, collect_live(config, environment, progress, checks)
