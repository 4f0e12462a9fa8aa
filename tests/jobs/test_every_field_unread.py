"""Every field of every kind unread: nothing fails, and nothing but the unread is found."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.jobs import steps
from reconciler.jobs.fix import fixes_of
from reconciler.kinds import SYSTEMS, kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Silent
from reconciler.model.recorded import Recorded
from reconciler.model.resource import BASE_FIELDS, FieldClass, class_of
from reconciler.model.snapshot import Snapshot
from reconciler.publish.documents.table import document_files
from reconciler.publish.view import view
from reconciler.report import formats
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel
from tests.jobs.conftest import Reading

SOURCES = {"proxmox": "pve", "unifi": "unifi", "npm": "npm"}
KINDS = [(system, kind.name) for system in SYSTEMS for kind in SYSTEMS[system].kinds]


@dataclass(frozen=True)
class Site:
    """A site that is as declared: its snapshot, all of it adopted, and the report on that."""

    reading: Reading
    snapshot: Snapshot
    desired: DesiredState
    report: DriftReport
    plurals: dict[str, str]

    @property
    def kinds(self) -> Any:
        return kinds_of(self.reading.config)

    def evaluate(self, snapshot: Snapshot, previous: Recorded | None = None) -> Recorded:
        """The stages of a run after collecting, up to the report; no rule may fail."""
        settings = self.reading.config.settings
        inventory = carry_forward(guard(snapshot, previous, settings.guard), previous, self.kinds)
        model = SiteModel(inventory, settings.capacity)
        results = evaluate_rules(model)
        assert results.failed == ()
        report = compare(inventory, self.desired, previous, settings.drift, self.kinds, results=results)
        return Recorded(report, inventory, {})


def _site(reading: Reading) -> Site:
    config, kinds = reading.config, kinds_of(reading.config)
    snapshot = steps.collect(config, reading.secrets, Silent(), steps.begin(config))
    inventory = carry_forward(snapshot, None, kinds)
    listed = [(scope.source, scope.kind) for scope in snapshot.scopes if scope.listed == "complete"]
    texts = {path: text.encode() for path, text in adopt(inventory.config, kinds, listed).files.items()}
    plurals = {kind.name: kind.plural for each in kinds.values() for kind in each.values()}
    desired = load(texts, kinds, directory="desired-state")
    site = Site(reading, snapshot, desired, None, plurals)  # type: ignore[arg-type]  # made with it
    return replace(site, report=site.evaluate(snapshot).report)


_MADE: dict[Path, Site] = {}


@pytest.fixture
def site(offline) -> Site:
    if offline.root not in _MADE:
        _MADE[offline.root] = _site(offline)
    return _MADE[offline.root]


def unread(site: Site, source: str, kind: AnyKind, field: str) -> Snapshot:
    """The snapshot with a field of every resource of a kind unread, and at its default."""
    info = kind.model.model_fields[field]
    value = {} if info.is_required() else {field: info.get_default(call_default_factory=True)}

    def change(resource: Any) -> Any:
        aside = tuple(sorted({*(resource.unread or ()), field}))
        return resource.model_copy(update={**value, "unread": aside})

    resources = {
        key: change(resource) if key[:2] == (source, kind.name) else resource
        for key, resource in site.snapshot.resources.items()
    }
    return replace(site.snapshot, resources=resources)


def fields(kind: AnyKind) -> Iterator[str]:
    for name, info in kind.model.model_fields.items():
        if name not in BASE_FIELDS and class_of(info) is not FieldClass.POLICY:
            yield name


def shown(site: Site, recorded: Recorded) -> None:
    """Make every report and every document; none may fail."""
    for form in formats.RENDERERS:
        assert isinstance(formats.render(recorded.report, form), bytes)
    model = SiteModel(recorded.inventory, site.reading.config.settings.capacity)
    fixes = fixes_of(recorded)
    assert [fix.why_not for fix in fixes.values() if "failed unexpectedly" in str(fix.why_not)] == []
    made = view(recorded, site.plurals, model.documents(), fixes)
    assert [page.path for page in document_files(made) if not isinstance(page.data, bytes)] == []


def test_the_site_is_as_adopted(site):
    assert [finding.title for finding in site.report.findings if not finding.of_rule] == []


@pytest.mark.parametrize(("system", "name"), KINDS, ids=["/".join(each) for each in KINDS])
def test_nothing_fails_and_nothing_else_is_found(site, system, name):
    kind = next(kind for kind in SYSTEMS[system].kinds if kind.name == name)
    source = SOURCES[system]
    before = {finding.id for finding in site.report.findings}
    declared = any(key[:2] == (source, name) for key in site.desired.resources)
    wrong: dict[str, list[str]] = {}
    for field in fields(kind):
        recorded = site.evaluate(unread(site, source, kind, field))
        new = [finding for finding in recorded.report.findings if finding.id not in before]
        of_kind = [each for each in new if each.type == "unverified" and each.key[:2] == (source, name)]
        expected = declared and field in kind.adopted_fields
        if new != of_kind or not expected <= len(of_kind) <= 1:  # a policy may depend on any field
            wrong[field] = [f"{finding.type}: {finding.title}" for finding in new][:3]
        shown(site, recorded)
    assert wrong == {}


@pytest.mark.parametrize(("system", "name"), KINDS, ids=["/".join(each) for each in KINDS])
def test_fields_that_an_api_never_has_are_in_no_finding(site, system, name):
    kind = next(kind for kind in SYSTEMS[system].kinds if kind.name == name)
    source = SOURCES[system]
    never = tuple(sorted(fields(kind)))
    snapshot = site.snapshot
    for field in never:
        snapshot = unread(replace(site, snapshot=snapshot), source, kind, field)
    scopes = tuple(
        scope.model_copy(update={"not_supported": never})
        if (scope.source, scope.kind) == (source, name)
        else scope
        for scope in snapshot.scopes
    )
    recorded = site.evaluate(replace(snapshot, scopes=scopes))
    before = {finding.id for finding in site.report.findings}
    policies = ("its node could not be read", "its backups could not be read")
    new = [
        finding.title
        for finding in recorded.report.findings
        if finding.id not in before and not any(each in finding.title for each in policies)
    ]
    assert new == []
    shown(site, recorded)
    assert site.evaluate(snapshot, recorded).report.events == ()
    classic = site.evaluate(site.snapshot, recorded)
    assert classic.report.events == (), "they were not known before"
