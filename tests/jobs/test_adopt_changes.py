"""Any single change of a site, adopted by its cause, is no drift any more, and touches no other line."""

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.errors import ReconcilerError
from reconciler.jobs import steps
from reconciler.jobs.adopt_choice import LiveSite, Request
from reconciler.jobs.merge import Merged, load_tree, merge_site
from reconciler.kinds import kinds_of
from reconciler.lab import Lab
from reconciler.model.findings import Finding
from reconciler.model.progress import Silent
from tests.jobs.test_single_changes import CASES, Change, Site, _row

CANNOT_BE_DECLARED = {"port of a port forward", "name that another proxy host has"}
"""Two resources that are the same one by name: live there are both, declared there can be one."""


@pytest.fixture(scope="module")
def declared_site(tmp_path_factory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


def changed(site: Site, change: Change) -> tuple[LiveSite, list[Finding]]:
    """The site after a change, and the causes that the change has made."""
    with Lab(hosts=1) as lab:
        change(lab)
        config = site._config(lab)
        intent = steps.load(config)
        expected = steps.expect(intent.desired, site.before)
        snapshot = steps.collect(config, secrets_of(lab), Silent(), steps.begin(config), expected)
    evaluation = steps.evaluate(config, snapshot, intent, site.before)
    folder = site.root / "desired-state"
    tree = {file.relative_to(folder).as_posix(): file.read_bytes() for file in sorted(folder.rglob("*.yaml"))}
    assert site.before is not None
    known = {finding.id for finding in site.before.report.findings}
    new = [each for each in evaluation.report.findings if each.id not in known and each.cause is None]
    return LiveSite(config, kinds_of(config), intent, tree, evaluation, site.before), new


def compared(site: LiveSite, merged: Merged) -> list[Finding]:
    """The findings once the files are written."""
    tree = {**site.tree, **{path: each.after for path, each in merged.replacements.items()}}
    desired = load_tree(site.config, tree, site.kinds)
    intent = steps.Intent(desired, site.intent.ignores)
    inventory = site.evaluation.inventory
    return list(steps.evaluate_inventory(site.config, inventory, intent, site.previous).report.findings)


@pytest.mark.parametrize("name", CASES)
def test_adopting_a_cause_settles_it(declared_site, name):
    site, causes = changed(declared_site, CASES[name].change)
    for cause in causes:
        request = Request(cause=cause.id)
        if cause.type not in {"missing", "drifted", "unmanaged"} or name in CANNOT_BE_DECLARED:
            with pytest.raises(ReconcilerError, match=r"nothing to adopt|cannot be declared|not be verified"):
                merge_site(site, request)
            continue
        merged = merge_site(site, request)
        assert merged.replacements
        assert not [each for each in compared(site, merged) if each.key == cause.key and not each.of_rule]
        below = {each.key for each in site.findings if cause.id in {each.id, each.cause}}
        for path, each in merged.replacements.items():
            _only_rows_of(path, each.before, each.after, {cause.key, *below})


TWO_FIELDS = {
    "a proxy host": lambda lab: lab.npm.lists["proxy-hosts"][0].update(
        forward_host="192.168.11.111", forward_port=81, ssl_forced=False
    ),
    "a guest": lambda lab: lab.state.edit_guest(111, cores=3, args="-x", protection=1),
    "a disk": lambda lab: lab.state.edit_guest(103, mp5="/,mp=/host", mp6="/etc,mp=/etc2"),
    "a network": lambda lab: _row(lab, "rest/networkconf", "IoT").update(
        igmp_snooping=True, dhcpd_enabled=False, network_isolation_enabled=True
    ),
    "a port forward": lambda lab: _row(lab, "rest/portforward", "https").update(
        fwd="192.168.11.111", log=True, enabled=False
    ),
}


@pytest.mark.parametrize("name", TWO_FIELDS)
def test_adopting_a_cause_leaves_the_other_causes_of_its_resource(declared_site, name):
    """Other changes of the same resource are not accepted."""
    site, causes = changed(declared_site, TWO_FIELDS[name])
    drifted = [each for each in causes if each.type == "drifted"]
    assert len({each.key for each in drifted}) == 1 < len(drifted)
    for cause in drifted:
        after = {each.id for each in compared(site, merge_site(site, Request(cause=cause.id)))}
        own = {each.id for each in site.findings if cause.id in {each.id, each.cause} and not each.of_rule}
        assert own.isdisjoint(after)
        assert {each.id for each in drifted} - {cause.id} <= after


def _only_rows_of(path, before, after, keys) -> None:
    """Only rows of these keys differ, and the lines elsewhere that name one of them."""
    old, new = rows_of(before), rows_of(after)
    assert [row for row in old if row in new] == [row for row in new if row in old]
    for row in old.keys() | new.keys():
        if old.get(row) != new.get(row) and not any(row in {f"{each.id}:", f"'{each.id}':"} for each in keys):
            gone = [line for line in old[row] if line not in new[row]]
            assert all(any(str(each) in line for each in keys) for line in gone), (path, row)
            assert [line for line in old[row] if line not in gone] == new[row]


def rows_of(data) -> dict[str, list[str]]:
    """The key of each row as written → its lines, with the comments above it."""
    rows: dict[str, list[str]] = {"": []}
    for line in data.decode().splitlines():
        if line[:1].strip(" #"):
            rows[line.partition(": ")[0].rstrip(":") + ":"] = []
        next(reversed(rows.values())).append(line)
    return rows
