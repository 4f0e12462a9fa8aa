"""A part of ours that fails costs itself alone: each rule, kind, join, document and renderer in turn."""

import json
from dataclasses import fields, replace

import pytest

from reconciler.drift import compare
from reconciler.drift.exit_code import of_comparison
from reconciler.errors import Problem
from reconciler.kinds import SYSTEMS
from reconciler.publish.documents import table as documents
from reconciler.report import formats
from reconciler.site import addresses, capacity, rules, site_model
from tests.jobs.conftest import with_kinds

ERRORS = (KeyError("5ecret"), RecursionError(), AttributeError("5ecret"), TypeError("5ecret"))
SOURCES = {"proxmox": "pve", "unifi": "unifi", "npm": "npm"}
"""The systems that the lab simulates → their sources."""
KINDS = [(name, kind.name) for name in SOURCES for kind in SYSTEMS[name].kinds]


def fail(error):
    def raises(*_arguments, **_options):
        raise error

    return raises


@pytest.fixture(scope="session")
def whole(reading):
    """The evaluation of nothing broken."""
    with pytest.MonkeyPatch.context() as patch:
        for name, system in reading.systems.items():
            patch.setitem(SYSTEMS, name, system)
        evaluation = reading.evaluate()
    assert of_comparison(evaluation.report, "warning") == 0
    return evaluation


def claims(report, *without):
    return {
        finding.id: (finding.change, finding.related)
        for finding in report.findings
        if finding.type not in {"internal", *without}
    }


def failures(report):
    found = [finding for finding in report.findings if finding.type == "internal"]
    assert "5ecret" not in report.model_dump_json()
    return [finding.key.id for finding in found]


@pytest.mark.parametrize("name", rules.RULES)
def test_a_rule_that_fails_costs_itself_alone(offline, whole, monkeypatch, name):
    error = ERRORS[list(rules.RULES).index(name) % len(ERRORS)]
    broken = tuple(
        replace(rule, check=fail(error)) if rule.name == name else rule for rule in rules.SITE_RULES
    )
    monkeypatch.setattr(rules, "SITE_RULES", broken)
    report = offline.evaluate().report
    assert failures(report) == [f"rule {name}"]
    assert of_comparison(report, "warning") == 3
    assert claims(report) == claims(whole.report, name)
    assert type(error).__name__ in report.unchecked[name]
    assert report.verdicts == whole.report.verdicts


@pytest.mark.parametrize(
    ("part", "module", "name"),
    [
        ("addresses", addresses, "addresses"),
        ("port map", site_model, "PortMap"),
        ("capacity", capacity, "capacity"),
    ],
)
def test_a_part_of_the_site_model_that_fails_costs_what_needs_it(
    offline, whole, monkeypatch, part, module, name
):
    monkeypatch.setattr(module, name, fail(KeyError("5ecret")))
    evaluation = offline.evaluate()
    report = evaluation.report
    assert failures(report) == [f"site model: {part}"], "one cause is one finding"
    assert of_comparison(report, "warning") == 3
    assert report.verdicts == whole.report.verdicts
    lost = report.unchecked.keys() - whole.report.unchecked.keys()
    assert claims(report) == claims(whole.report, *lost)
    assert lost
    assert "duplicate-mac" not in lost, "it needs none of them"
    made = evaluation.model.documents()
    assert isinstance(made.capacity, Problem) == (part == "capacity")
    assert isinstance(made.addresses, Problem) == (part == "addresses")
    assert isinstance(made.portmap, Problem) == (part != "capacity")


@pytest.mark.parametrize(("system", "name"), KINDS)
def test_a_kind_that_fails_costs_its_own_rows_alone(offline, whole, monkeypatch, system, name):
    source = SOURCES[system]
    error = ERRORS[KINDS.index((system, name)) % len(ERRORS)]

    def broken(kind):
        return replace(kind, normalise=fail(error)) if kind.name == name else kind

    monkeypatch.setitem(SYSTEMS, system, with_kinds(SYSTEMS[system], broken))
    evaluation = offline.evaluate()
    of_kind = {
        key for key in (*whole.inventory.config, *whole.inventory.observed) if key[:2] == (source, name)
    }
    report = evaluation.report
    assert failures(report) == [f"kind {source}/{name}"] * bool(of_kind)
    assert of_comparison(report, "warning") == (3 if of_kind else 0)
    (scope,) = [each for each in report.scopes if (each.source, each.kind) == (source, name)]
    assert scope.unread.keys() == {key.id for key in of_kind}
    assert evaluation.inventory.config == {
        key: row for key, row in whole.inventory.config.items() if key not in of_kind
    }
    declared = {str(key) for key in of_kind} & report.verdicts.keys()
    assert {report.verdicts[key] for key in declared} <= {"unverified"}, "never missing"


UNFORESEEN = (AssertionError("5ecret"), MemoryError("5ecret"), StopIteration("5ecret"), OSError("5ecret"))
"""Errors that no reading of an answer raises."""


@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("system", SOURCES)
def test_a_list_that_cannot_be_fetched_costs_its_kind_alone(offline, whole, monkeypatch, system, error):
    name, source = SYSTEMS[system].kinds[0].name, SOURCES[system]

    def broken(kind):
        return replace(kind, fetch=fail(error)) if kind.name == name else kind

    monkeypatch.setitem(SYSTEMS, system, with_kinds(SYSTEMS[system], broken))
    report = offline.evaluate().report
    assert failures(report) == [f"kind {source}/{name}"]
    assert of_comparison(report, "warning") == 3
    assert [(each.source, each.kind) for each in report.scopes if each.listed == "failed"] == [(source, name)]
    assert "missing" not in report.verdicts.values()


@pytest.mark.parametrize("part", ["connect", "read_shared", "version"])
@pytest.mark.parametrize("error", UNFORESEEN, ids=lambda error: type(error).__name__)
def test_a_source_whose_code_fails_costs_itself_alone(offline, whole, monkeypatch, part, error):
    monkeypatch.setitem(SYSTEMS, "npm", replace(SYSTEMS["npm"], **{part: fail(error)}))
    report = offline.evaluate().report
    assert failures(report) == ["source npm"]
    assert of_comparison(report, "warning") == 3
    assert {each.source for each in report.scopes if each.listed == "failed"} == {"npm"}
    assert "missing" not in report.verdicts.values()


@pytest.mark.parametrize("error", [*ERRORS, *UNFORESEEN], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("hook", ["judge", "as_meant"])
def test_a_verdict_that_fails_is_unverified(offline, whole, monkeypatch, hook, error):
    def broken(kind):
        return replace(kind, **{hook: fail(error)}) if kind.name == "guest" else kind

    monkeypatch.setitem(SYSTEMS, "proxmox", with_kinds(SYSTEMS["proxmox"], broken))
    report = offline.evaluate().report
    assert failures(report) == ["kind pve/guest"]
    assert of_comparison(report, "warning") == 3
    changed = {key for key in report.verdicts if report.verdicts[key] != whole.report.verdicts[key]}
    assert changed
    assert all(key.startswith("pve/guest/") for key in changed)
    assert {report.verdicts[key] for key in changed} == {"unverified"}


@pytest.mark.parametrize("name", compare.OWN_RULES)
def test_a_rule_of_the_comparison_that_fails_costs_itself_alone(offline, whole, monkeypatch, name):
    monkeypatch.setattr(compare, "OWN_RULES", {**compare.OWN_RULES, name: fail(KeyError("5ecret"))})
    report = offline.evaluate().report
    assert failures(report) == [f"rule {name}"]
    assert claims(report) == claims(whole.report, name)
    assert "KeyError" in report.unchecked[name]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("with_causes", "causes of findings"),
        ("findings_with_acts", "acts of findings"),
        ("with_users", "users of findings"),
        ("events", "events"),
    ],
)
def test_what_is_added_to_findings_costs_itself_alone(offline, whole, monkeypatch, name, place):
    monkeypatch.setattr(compare, name, fail(KeyError("5ecret")))
    report = offline.evaluate().report
    assert failures(report) == [place]
    assert report.verdicts == whole.report.verdicts
    assert claims(report) == claims(whole.report)


HOOKS = tuple("as_meant away comes_with events follows host judge locked shows uses within".split())
"""The code that a kind may have of its own for a run, beside reading it and the defaults of a row."""
OF_OTHER_COMMANDS = {"adopted", "lets_in"}
"""The same for `adopt` and `review`."""


def test_the_hooks_are_all_code_that_kinds_have():
    code = {
        field.name
        for system in SYSTEMS.values()
        for kind in system.kinds
        for field in fields(kind)
        if callable(getattr(kind, field.name))
    }
    assert code - {"model", "identity", "fetch", "normalise", "defaults"} == {*HOOKS, *OF_OTHER_COMMANDS}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_of_a_kind_that_fails_ends_no_run(site, capsys, monkeypatch, hook):
    assert run(site, capsys, "run")[0] == 0
    called = []

    def raises(*_arguments):
        called.append(hook)
        raise KeyError("5ecret")

    def broken(kind):
        changed = {"normalise": with_more_cores(kind.normalise)} if kind.name == "guest" else {}
        return replace(kind, **{hook: raises}, **changed)

    for name, system in dict(SYSTEMS).items():
        monkeypatch.setitem(SYSTEMS, name, with_kinds(system, broken))
    site.write("desired-state/pve/pool.yaml", "gone: {}\nproduction: {storages: [ceph]}\n")
    code, out, _, err = run(site, capsys, "run")
    assert called, "no run needs it"
    assert code == 3, err
    assert site.commits() == 2
    (site.root / "public/current/v1/summary.json").read_bytes()
    assert "5ecret" not in out + err
    assert "missing" in out


def with_more_cores(normalise):
    return lambda *arguments: normalise(*arguments).model_copy(update={"cores": 61})


def run(site, capsys, *arguments):
    code = site.run(*arguments)
    out, err = capsys.readouterr()
    return code, out, [line for line in err.splitlines() if line.startswith("error: ")], err


def break_rule(monkeypatch):
    first = replace(rules.SITE_RULES[0], check=fail(KeyError("5ecret")))
    monkeypatch.setattr(rules, "SITE_RULES", (first, *rules.SITE_RULES[1:]))
    return f"rule {first.name}"


def break_kind(monkeypatch):
    def broken(kind):
        return replace(kind, normalise=fail(KeyError("5ecret"))) if kind.name == "pool" else kind

    monkeypatch.setitem(SYSTEMS, "proxmox", with_kinds(SYSTEMS["proxmox"], broken))
    return "kind pve/pool"


def break_join(monkeypatch):
    monkeypatch.setattr(capacity, "capacity", fail(KeyError("5ecret")))
    return "site model: capacity"


def break_document(monkeypatch):
    table = tuple(
        replace(one, data=fail(KeyError("5ecret"))) if one.route == "/v1/health" else one
        for one in documents.DOCUMENTS
    )
    monkeypatch.setattr(documents, "DOCUMENTS", table)
    return "document /v1/health"


def break_renderer(name):
    def change(monkeypatch):
        renderers = {**formats.RENDERERS, name: fail(KeyError("5ecret"))}
        monkeypatch.setattr(formats, "RENDERERS", renderers)
        return f"report as {name}"

    return change


BREAKS = {
    "rule": break_rule,
    "kind": break_kind,
    "join": break_join,
    "document": break_document,
    "markdown": break_renderer("markdown"),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_run_with_a_broken_part_is_recorded_and_published_and_3(site, capsys, monkeypatch, what):
    assert run(site, capsys, "run")[0] == 0
    place = BREAKS[what](monkeypatch)
    site.write("desired-state/pve/backup-job.yaml", "{}\n")
    code, out, errors, err = run(site, capsys, "run")
    assert code == 3, err
    (line,) = errors
    assert line.startswith(f"error: {place}: failed unexpectedly: KeyError")
    assert "5ecret" not in out + err
    assert "Traceback" not in err
    report = site.report()
    assert "recorded" in out
    assert site.commits() == 2
    published = json.loads((site.root / "public/current/v1/summary.json").read_text())
    assert published["run_id"] == report["run"]["id"]
    internal = [finding["key"] for finding in report["findings"] if finding["type"] == "internal"]
    assert internal == ([f"site/internal/{place}"] if what in {"rule", "kind", "join"} else [])
    assert run(site, capsys, "run", "--fail-on", "never")[0] == 0

    code, _, errors, err = run(site, capsys, "--debug", "run")
    assert (code, len(errors)) == (3, 1)
    assert "Traceback (most recent call last):" in err


def break_list(monkeypatch):
    def broken(kind):
        return replace(kind, fetch=fail(AssertionError("5ecret"))) if kind.name == "pool" else kind

    monkeypatch.setitem(SYSTEMS, "proxmox", with_kinds(SYSTEMS["proxmox"], broken))


def break_verdict(monkeypatch):
    def broken(kind):
        return replace(kind, as_meant=fail(KeyError("5ecret"))) if kind.name == "pool" else kind

    monkeypatch.setitem(SYSTEMS, "proxmox", with_kinds(SYSTEMS["proxmox"], broken))


def break_source(monkeypatch):
    monkeypatch.setitem(SYSTEMS, "proxmox", replace(SYSTEMS["proxmox"], connect=fail(MemoryError())))


def break_site_rule(monkeypatch):
    broken = (
        replace(rule, check=fail(KeyError())) if rule.name == "certificate-expiry" else rule
        for rule in rules.SITE_RULES
    )
    monkeypatch.setattr(rules, "SITE_RULES", tuple(broken))


def break_own_rule(monkeypatch):
    monkeypatch.setattr(compare, "OWN_RULES", {**compare.OWN_RULES, "pending-change": fail(KeyError())})


def break_all(monkeypatch):
    for each in (break_verdict, break_site_rule, break_own_rule):
        each(monkeypatch)


GONE, POOL, CERTIFICATE, PENDING = (
    "pve/pool/gone:missing",
    "pve/pool/production:drifted",
    "npm/certificate/old.example:certificate-expiry",
    "pve/guest/114:pending-change",
)


@pytest.mark.parametrize(
    ("change", "waits"),
    [
        (break_list, {GONE, POOL}),
        (break_source, {GONE, POOL, PENDING}),
        (break_all, {POOL, CERTIFICATE, PENDING}),
    ],
)
def test_what_fails_run_after_run_resolves_and_deletes_nothing(site, capsys, change, waits):
    def found(state):
        return {f"{each['key']}:{each['type']}" for each in site.report()[state]}

    site.write("desired-state/pve/pool.yaml", "gone: {}\nproduction: {storages: [ceph]}\n")
    assert run(site, capsys, "run")[0] == 2
    assert {GONE, POOL, CERTIFICATE, PENDING} <= found("findings")
    with pytest.MonkeyPatch.context() as patch:
        change(patch)
        for _ in range(2):
            assert run(site, capsys, "run")[0] == 3
            assert not site.report()["resolved"]
            assert not site.report()["events"]
            assert found("findings") | found("unconfirmed") >= {GONE, POOL, CERTIFICATE, PENDING}
            assert found("unconfirmed") >= waits
    assert run(site, capsys, "run")[0] == 2
    assert {GONE, POOL, CERTIFICATE, PENDING} <= found("findings")
    assert {each["type"] for each in site.report()["resolved"]} <= {"internal", "unverified"}
    assert not site.report()["events"]


@pytest.mark.parametrize("name", formats.RENDERERS)
def test_a_renderer_that_fails_leaves_the_other_outputs(site, capsys, monkeypatch, name):
    assert run(site, capsys, "run")[0] == 0
    place = break_renderer(name)(monkeypatch)
    others = [each for each in formats.RENDERERS if each != name]
    outputs = [option for each in formats.RENDERERS for option in ("--output", f"{each}:{each}.out")]
    code, out, errors, _ = run(site, capsys, "drift", "--snapshot", "latest", "--format", others[0], *outputs)
    assert code == 3
    assert out
    assert [line.startswith(f"error: {place}: failed unexpectedly") for line in errors] == [True]
    assert all((site.root / f"{each}.out").stat().st_size for each in others)
    assert not (site.root / f"{name}.out").exists()
    code, out, errors, _ = run(site, capsys, "drift", "--snapshot", "latest", "--format", "markdown")
    assert (code, out == "") == ((3, True) if name == "markdown" else (0, False))


def test_publish_alone_says_which_document_it_could_not_make(site, capsys, monkeypatch):
    assert run(site, capsys, "run")[0] == 0
    before = (site.root / "public/current/v1/health.json").read_bytes()
    place = break_document(monkeypatch)
    code, out, errors, _ = run(site, capsys, "publish")
    assert code == 3
    assert out.startswith("published ")
    assert [line.startswith(f"error: {place}: failed unexpectedly") for line in errors] == [True]
    assert (site.root / "public/current/v1/health.json").read_bytes() == before
