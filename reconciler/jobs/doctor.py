"""Check that each source can be read, and list what a run would be missing."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from reconciler.collectors.source import fingerprinter
from reconciler.config.file import Config
from reconciler.config.settings import SourceSettings
from reconciler.errors import DesiredStateError, RecordError, SourceError
from reconciler.jobs import steps
from reconciler.jobs.collect import collect_live
from reconciler.kinds import SYSTEMS
from reconciler.model.check import Check, CheckState
from reconciler.model.deadline import source_budget
from reconciler.model.fingerprint import key_ids
from reconciler.model.progress import Progress, Silent
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext

_PREFLIGHT_SHARE = 1 / 4
"""Of the time of a run, for what is checked before anything is read; all sources at once."""


def check_site(config: Config, environment: Mapping[str, str]) -> list[Check]:
    """Return the checks of what belongs to no source: the key that makes fingerprints of secrets."""
    rows: list[object] = []
    with suppress(DesiredStateError):
        rows += [declared.fields for declared in steps.load_desired(config).resources.values()]
    with suppress(RecordError):
        _, previous = steps.read_record_if_any(config, Silent(), steps.deadline(config))
        rows += previous.inventory.config.values() if previous else ()
    known = key_ids(rows)
    try:
        made = fingerprinter(config.settings, environment)
    except SourceError as error:
        problem = error.problems[0]
        return [_of_key("bad", problem.what, problem.remedy)]
    if made is None:
        if not known:
            return [_of_key("warning", "is not set: changed secrets are not noticed", _NEW_KEY)]
        what = f"is not set, and fingerprints of key {', '.join(sorted(known))} are declared or recorded"
        return [
            _of_key("bad", f"{what}: they cannot be compared", "set the key that made them, or adopt again")
        ]
    others = known - made.key_ids
    if others:
        what = f"has the id {made.key_id}, and fingerprints of key {', '.join(sorted(others))} exist"
        remedy = "if it was replaced, set fingerprint_key_previous to the old one until all are adopted again"
        return [_of_key("warning", f"{what}: they cannot be compared", remedy)]
    return [_of_key("ok", f"has the id {made.key_id}")]


_NEW_KEY = "set fingerprint_key to a reference such as ${RECONCILER_FINGERPRINT_KEY}"


def _of_key(state: CheckState, what: str, remedy: str = "") -> Check:
    return Check(name="fingerprint_key", state=state, what=what, remedy=remedy)


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
