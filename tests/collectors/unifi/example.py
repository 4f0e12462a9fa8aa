"""The UniFi site of the lab against what the example declares of it."""

from reconciler.cli.demo import example_desired_state
from reconciler.config.settings import DriftSettings
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.kinds import kinds_of
from reconciler.lab import Lab
from reconciler.model.findings import Finding
from reconciler.model.recorded import Recorded
from tests.collectors.sources import config, read, unifi


def findings(lab: Lab, prefix: str = "", previous: Recorded | None = None) -> list[Finding]:
    """Return the differences in kinds whose name starts so; what could not be read is left out."""
    report = recorded(lab, prefix, previous).report
    return [each for each in report.findings if each.type != "unverified"]


def recorded(lab: Lab, prefix: str = "", previous: Recorded | None = None) -> Recorded:
    """Return the record of a run of the site as it is now."""
    source = unifi(lab)
    kinds = kinds_of(config(source))
    files = {
        name: data for name, data in example_desired_state().items() if name.startswith(f"unifi/{prefix}")
    }
    desired = load(files, kinds, directory="desired-state")
    snapshot = identify(read(source, expected=map(str, desired.resources)), desired, previous, kinds)
    inventory = carry_forward(snapshot, previous, kinds)
    report = compare(inventory, desired, previous, DriftSettings(), kinds)
    return Recorded(report, inventory, dict.fromkeys(inventory.config, inventory.run.collected_at))


def causes(lab: Lab, prefix: str = "", previous: Recorded | None = None) -> list[tuple[str, str, str]]:
    """Type, key and path of each finding that follows from no other."""
    found = findings(lab, prefix, previous)
    return [(each.type, str(each.key), each.path) for each in found if each.cause is None]
