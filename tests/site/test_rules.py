"""Every rule, by the cases of its file in `tests/cases/rules`; `tests/cases/site/house.yaml` is the site."""

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

from reconciler.config.file import SITE
from reconciler.config.settings import CapacitySettings, DriftSettings
from reconciler.drift.compare import compare
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.rule import RuleResults, Violation
from reconciler.model.snapshot import Inventory
from reconciler.site import rules
from reconciler.site.rule import RuleResult, SiteRule, evaluate_rule
from reconciler.site.rules import SITE_RULES
from reconciler.site.site_model import SiteModel
from tests.site.rows import HOUSE, KINDS, NOW, address, built, evaluated, patched, port

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "cases" / "rules"
FILES = {rule.name: FOLDER / f"{rule.name}.yaml" for rule in SITE_RULES}
CASES: Mapping[str, Any] = {
    name: yaml.safe_load(file.read_text()) if file.exists() else {} for name, file in FILES.items()
}
BY_NAME = {rule.name: rule for rule in SITE_RULES}
SYSTEMS = {"proxmox": "pve", "unifi": "unifi", "npm": "npm", "declared": SITE}
SHORT = {
    "failed": {"listed": "failed"},
    "partial": {"listed": "partial"},
    "unread": {"unread": {"9": "dark"}},
}

EVERY = pytest.mark.parametrize("rule", SITE_RULES, ids=lambda rule: rule.name)


def titled(part: str) -> pytest.MarkDecorator:
    """Each case of a part of the files."""
    cases = [
        pytest.param(BY_NAME[name], case, id=f"{name}: {title}")
        for name, file in CASES.items()
        for title, case in (file.get(part) or {}).items()
    ]
    return pytest.mark.parametrize(("rule", "case"), cases)


def evaluate(rule: SiteRule, rows: Mapping[str, Any], **options: Any) -> RuleResult:
    return evaluate_rule(rule, SiteModel(built(rows, **options), CapacitySettings()))


def shown(result: RuleResult) -> list[Violation]:
    """The violations of a result, less the evidence and fields that are not shown."""
    return sorted(violation._replace(evidence=(), evidence_fields=()) for violation in result.violations)


def expected(case: Mapping[str, Any]) -> list[Violation]:
    return sorted(
        Violation(Key.parse(each["key"]), each["reason"], tuple(map(Key.parse, each.get("related", ()))))
        for each in case["finds"]
    )


def scopes_of(kind: str, scope: object) -> dict[str, object]:
    """The same scope of a kind in every source that has it."""
    return {f"{source}/{kind}": scope for source, kinds in KINDS.items() if kind in kinds}


@EVERY
def test_a_rule_has_a_file_of_cases(rule):
    file = FILES[rule.name].relative_to(ROOT)
    assert FILES[rule.name].exists(), f"{file} is missing: write the cases of the rule {rule.name}"
    missing = {"speaks_with", "fires", "does_not_fire", "incomplete"} - CASES[rule.name].keys()
    assert not missing, f"{file} lacks {', '.join(sorted(missing))}"


def test_a_file_of_cases_has_a_rule():
    assert sorted(file.stem for file in FOLDER.glob("*.yaml")) == sorted(BY_NAME)


def test_a_rule_is_named_like_its_file():
    files = (Path(rules.__file__).parent).glob("[!_]*.py")
    assert sorted(file.stem.replace("_", "-") for file in files) == [rule.name for rule in SITE_RULES]


@EVERY
def test_a_kind_that_a_rule_requires_is_one_that_it_reads(rule):
    assert {*rule.requires_complete, *rule.requires_listed} <= set(rule.reads)


def test_no_rule_objects_to_the_house():
    assert evaluated(built(HOUSE)) == RuleResults(rules.RULES)


@titled("fires")
def test_fires(rule, case):
    assert expected(case)
    result = evaluate(rule, patched(case["rows"]))
    assert shown(result) == expected(case)
    assert result.unchecked is None


@titled("does_not_fire")
def test_does_not_fire(rule, case):
    result = evaluate(rule, patched(case["rows"]))
    assert result.violations == ()
    unread = any(isinstance(row, dict) and row.get("unread") for row in case["rows"].values())
    assert (result.unchecked is not None) is unread, "a field that a run could not read"


@EVERY
def test_the_file_shows_what_an_incomplete_list_of_each_kind_does(rule):
    assert set(CASES[rule.name]["incomplete"]) == set(rule.reads)


@pytest.mark.parametrize("short", SHORT)
@titled("fires")
def test_incomplete_lists(rule, case, short):
    """Either the rule still fires, or it is silent; it is listed as not fully checked either way."""
    for kind, outcome in {**CASES[rule.name]["incomplete"], **case.get("incomplete", {})}.items():
        fires = (outcome if isinstance(outcome, str) else outcome[short]) == "fires"
        scopes = scopes_of(kind, SHORT[short])
        result = evaluate(rule, patched(case["rows"]), scopes=scopes)
        assert kind in str(result.unchecked)
        assert shown(result) == (expected(case) if fires else []), kind


@titled("fires")
def test_what_a_rule_does_not_declare_to_read_changes_nothing(rule, case):
    rows = patched(case["rows"])
    declared = {Key.parse(at).kind for at in rows if at.startswith("site/")}  # their list is always complete
    for kind in {Key.parse(at).kind for at in rows} - {*rule.reads, *declared}:
        left = {at: row for at, row in rows.items() if Key.parse(at).kind != kind}
        found = sorted((violation.key, violation.reason) for violation in evaluate(rule, left).violations)
        assert found == [(violation.key, violation.reason) for violation in expected(case)], kind


@titled("fires")
def test_a_kind_that_no_source_has_makes_the_rule_silent(rule, case):
    rows = patched(case["rows"])
    for kind in {*rule.needs, *rule.requires_complete}:
        left = {at: row for at, row in rows.items() if Key.parse(at).kind != kind}
        assert evaluate(rule, left, scopes=scopes_of(kind, None)) == RuleResult(), kind


@pytest.mark.parametrize(
    "systems",
    [each for size in range(len(SYSTEMS) + 1) for each in combinations(SYSTEMS, size)],
    ids=lambda systems: "+".join(systems) or "nothing",
)
def test_a_rule_is_silent_without_the_systems_that_it_needs(systems):
    """Where no list can be read, exactly the rules that these systems could ever violate are listed."""
    sources = [SYSTEMS[system] for system in systems]
    declared = {"site/address/10.0.20.9": address(), "site/cable/r1:eno1": {"to": port(1)}}
    rows = declared if SITE in sources else {}
    failed = {source: "failed" for source in sources if source != SITE}
    results = evaluated(built(rows, sources=sources, scopes=failed))
    assert not results.violations
    assert set(results.unchecked) == {
        name for name, file in CASES.items() if any(set(each) <= set(systems) for each in file["speaks_with"])
    }


@titled("fires")
def test_what_an_earlier_run_read_is_not_evidence(rule, case):
    """A carried row shows nothing that would not be shown without it; what waits for it is unchecked."""
    rows = patched(case["rows"])
    whole = {violation.key for violation in expected(case)}
    for at in rows:
        key = Key.parse(at)
        if key.source == SITE:
            continue
        scopes = {f"{key.source}/{key.kind}": {"unread": {key.id: "dark"}}}
        without = {other: row for other, row in rows.items() if other != at}
        carried = evaluate(rule, rows, scopes=scopes, as_of=[at])
        now = {violation.key for violation in carried.violations}
        assert now <= {violation.key for violation in evaluate(rule, without, scopes=scopes).violations}, at
        assert now == whole or carried.unchecked, at


@titled("fires")
def test_what_a_violation_names_was_read_now(rule, case):
    rows = patched(case["rows"])
    named = {key for violation in expected(case) for key in (violation.key, *violation.related)}
    for key in named & {Key.parse(at) for at in rows}:
        result = evaluate(rule, rows, as_of=[str(key)])
        assert all(key not in (violation.key, *violation.related) for violation in result.violations)
        assert result.unchecked


NOTHING = DesiredState({}, frozenset(), lambda _key, _path: "")


def judged(site: Inventory, previous: Recorded | None = None) -> Recorded:
    report = compare(site, NOTHING, previous, DriftSettings(), KINDS, (), evaluated(site))
    return Recorded(report, site, {})


def findings(recorded: Recorded, name: str, where: str) -> set[str]:
    return {str(each.key) for each in getattr(recorded.report, where) if each.type == name}


@pytest.mark.parametrize("later", ["repaired", "still"])
@titled("fires")
def test_a_finding_waits_while_its_rule_is_unchecked_and_then_goes(rule, case, later):
    rows, name = patched(case["rows"]), rule.name
    keys = {each["key"] for each in case["finds"]}
    first = judged(built(rows))
    assert findings(first, name, "findings") == keys
    for kind in rule.reads:
        carried = [at for at in rows if Key.parse(at).kind == kind]
        if not carried:
            continue
        moment = NOW + timedelta(minutes=15)
        dark = judged(built(rows, scopes=scopes_of(kind, "failed"), as_of=carried, moment=moment), first)
        assert name in dark.report.unchecked
        assert findings(dark, name, "findings") | findings(dark, name, "unconfirmed") == keys
        assert not findings(dark, name, "resolved")
        waiting = [each for each in dark.report.unconfirmed if each.type == name]
        assert {each.first_seen for each in waiting} <= {NOW}
        rows_then = HOUSE if later == "repaired" else rows
        then = judged(built(rows_then, moment=NOW + timedelta(minutes=30)), dark)
        if later == "repaired":
            assert findings(then, name, "resolved") == keys
            assert not findings(then, name, "findings") | findings(then, name, "unconfirmed")
        else:
            assert {each.first_seen for each in then.report.findings if each.type == name} == {NOW}


def test_the_rules_are_found_in_an_archive_too(tmp_path):
    package = Path(rules.__file__).parents[2]
    archive = tmp_path / "reconciler.zip"
    with ZipFile(archive, "w") as made:
        for file in package.rglob("*.py"):
            made.write(file, file.relative_to(package.parent))
    code = "from reconciler.site import rules; print(rules.__file__, *rules.RULES)"
    environment = {**os.environ, "PYTHONPATH": str(archive)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    where, *names = done.stdout.split()
    assert where.startswith(str(archive))
    assert names == [rule.name for rule in SITE_RULES]
