"""A lab whose one source is read, changed by a single setting, read again, and put back as it was."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from reconciler.cli.demo import example_desired_state
from reconciler.config.file import Config
from reconciler.config.settings import DriftSettings
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.kinds import kinds_of
from reconciler.lab import Lab
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Snapshot

Change = Callable[[Lab], object]
Causes = list[tuple[str, str]]
"""The result of a change: the type of a finding or the word of an event, and key and path."""

_OF_THE_SITE = (
    "cluster",
    "storages",
    "pools",
    "snapshots",
    "access",
    "lists",
    "unifi",
    "npm",
    "guests",
    "nodes",
)


@dataclass(frozen=True)
class LabSource:
    """A source of a running lab, as its example declares it, and how to read it."""

    lab: Lab
    config: Config
    read: Callable[[Iterable[str]], Snapshot]

    def run(self, previous: Recorded | None = None) -> Recorded:
        """Return the record of a run of the source as it is now."""
        kinds, name = kinds_of(self.config), self.config.sources[0].name
        files = {at: data for at, data in example_desired_state().items() if at.startswith(f"{name}/")}
        desired = load(files, kinds, directory="desired-state")
        known = {*desired.resources, *(previous.inventory.config if previous else ())}
        snapshot = identify(self.read(map(str, known)), desired, previous, kinds)
        inventory = carry_forward(snapshot, previous, kinds)
        report = compare(inventory, desired, previous, DriftSettings(), kinds)
        return Recorded(report, inventory, dict.fromkeys(inventory.config, inventory.run.collected_at))

    def shown(self, before: Recorded, change: Change) -> Causes:
        """Return the causes and events of a change, which is undone."""
        known = {finding.id for finding in before.report.findings}
        with unchanged(self.lab):
            change(self.lab)
            report = self.run(before).report
        new = [each for each in report.findings if each.cause is None and each.id not in known]
        causes = [(each.type, f"{each.key}{each.path}") for each in new]
        return causes + [(each.what, f"{each.key}{each.path}") for each in report.events]


@contextmanager
def unchanged(lab: Lab) -> Iterator[None]:
    """Put the rows of a lab back after a change of them."""
    kept = {name: copy.deepcopy(getattr(lab.state, name)) for name in _OF_THE_SITE}
    proxies, networks = copy.deepcopy(lab.npm.lists), copy.deepcopy(lab.unifi.lists)
    try:
        yield
    finally:
        with lab.state.lock:
            for name, value in kept.items():
                setattr(lab.state, name, value)
            lab.npm.lists, lab.unifi.lists = proxies, networks
            lab.state.rights_version += 1


def without_a_change(kinds: Iterable[str], changes: Mapping[str, Any]) -> list[str]:
    """Return the kinds of which a table has no change."""
    return sorted(set(kinds) - set(changes))
