"""Every rule names the fields because of which it fires: what makes it fire on the house is its cause."""

from collections.abc import Mapping
from typing import Any

from reconciler.config.file import SITE
from reconciler.config.settings import CapacitySettings, DriftSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.compare import compare
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.pointer import parts_of
from reconciler.model.resource import FieldClass, class_of
from reconciler.model.snapshot import Inventory
from reconciler.site.rule import evaluate_rule
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel
from reconciler.yamlfile.shapes import field_types, member_type
from tests.site.rows import HOUSE, KINDS, built, patched
from tests.site.test_rules import BY_NAME, CASES, evaluate, titled

WITHOUT_CONFIG = {
    "certificate-expiry": "time passes",
    "device-not-adopted": "whether a device is adopted is declared only by hand",
    "ha-suspended": "maintenance and disarming are commands, not configuration",
    "versions-differ": "a version is declared only by hand",
}
"""Rules that never fire because of a field that desired state could hold → the reason."""


def adopted(inventory: Inventory) -> DesiredState:
    """A house as `adopt` declares it, in every kind; addresses and cables as the case has them."""
    listed = [(source, kind) for source, kinds in KINDS.items() for kind in kinds if source != SITE]
    site = [(key.source, key.kind) for key in inventory.config if key.source == SITE]
    files = adopt(inventory.config, KINDS, [*listed, *site]).files
    return load({path: text.encode() for path, text in files.items()}, KINDS, directory="desired-state")


def judged(live: Inventory, desired: DesiredState) -> DriftReport:
    model = SiteModel(live, CapacitySettings(), desired, KINDS)
    return compare(live, desired, None, DriftSettings(), KINDS, (), evaluate_rules(model))


def of_site(rows: Mapping[str, Any]) -> dict[str, Any]:
    """The rows of a case that only desired state has."""
    return {at: row for at, row in rows.items() if at.startswith(f"{SITE}/")}


def test_the_house_as_it_is_adopted_has_no_finding():
    report = judged(built(HOUSE), adopted(built(HOUSE)))
    assert [(str(each.key), each.title) for each in report.findings] == []


@titled("fires")
def test_a_violation_names_fields_of_the_models(rule, case):
    before = adopted(built(patched(of_site(case["rows"]))))
    model = SiteModel(built(patched(case["rows"])), CapacitySettings(), before, KINDS)
    for violation in evaluate_rule(rule, model).violations:
        of_file = violation.key.source == SITE  # it may follow from its own line alone
        assert violation.evidence_fields or violation.related or of_file or rule.name in WITHOUT_CONFIG
        for key, path in violation.evidence_fields:
            shape: Any = KINDS[key.source][key.kind].model
            if path:
                field = shape.model_fields[parts_of(path)[0]]
                assert class_of(field) is FieldClass.CONFIG, f"{key}{path} is not compared"
            for name in parts_of(path):
                known = field_types(shape)
                assert known is None or name in known, f"{key}{path}"
                shape = member_type(shape, name)


@titled("fires")
def test_a_change_that_makes_a_rule_fire_is_its_cause(rule, case):
    """Beside what stands in the desired state itself, and what no declaration could hold."""
    before = built(patched(of_site(case["rows"])))
    stood = {violation.key for violation in evaluate(rule, patched(of_site(case["rows"]))).violations}
    report = judged(built(patched(case["rows"])), adopted(before))
    known = {finding.id: finding for finding in report.findings}
    if all(finding.of_rule for finding in report.findings):
        return
    for finding in report.findings:
        if finding.type == rule.name and finding.key not in stood and rule.name not in WITHOUT_CONFIG:
            assert finding.cause is not None, finding.title
            assert not known[finding.cause].of_rule


def test_most_cases_show_a_cause():
    """So that the test above cannot pass because it compares nothing."""
    shown = {
        rule.name
        for rule in BY_NAME.values()
        for case in CASES[rule.name]["fires"].values()
        for finding in judged(
            built(patched(case["rows"])), adopted(built(patched(of_site(case["rows"]))))
        ).findings
        if finding.type == rule.name and finding.cause is not None
    }
    assert BY_NAME.keys() - shown == {
        "cable-contradiction",
        "ha-suspended",
        "inactive-storage",
        "unseen-address",
        "versions-differ",
    }
