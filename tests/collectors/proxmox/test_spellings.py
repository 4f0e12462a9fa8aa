"""One meaning in several spellings: one row live, and no finding against any of them as it is declared."""

from pathlib import Path

import pytest
import yaml

from tests.collectors.proxmox.test_declaring import changes, guest, live, storage

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "spellings" / "proxmox.yaml").read_bytes())
IDS = {"firewall": "cluster"}


def raw(kind, given):
    """A raw row from its short form in the cases."""
    if kind == "guest":
        config = {key: value for key, value in given.items() if key != "type"}
        return guest(given["type"], **config)
    if kind == "storage":
        return storage(given)
    if kind == "cluster":
        return {"nodes": [], "online": [], "quorate": True, "options": given}
    return given


def row(kind, given):
    """The row that it becomes."""
    (found,) = live(kind, raw(kind, given), IDS.get(kind, "101")).config.values()
    return found


@pytest.mark.parametrize("case", CASES["same"], ids=lambda case: str(case["rows"][-1])[:60])
def test_several_spellings_are_one_row(case):
    first, *others = (row(case["kind"], each) for each in case["rows"])
    assert "unread" not in first
    assert others == [first] * len(others)


@pytest.mark.parametrize("case", CASES["other"], ids=lambda case: str(case["rows"][0])[:60])
def test_another_meaning_is_another_row(case):
    one, other = (row(case["kind"], each) for each in case["rows"])
    assert one != other


@pytest.mark.parametrize("case", CASES["declared"], ids=lambda case: case["declared"][:60])
def test_another_spelling_that_is_declared_is_no_drift(case):
    kind = case["kind"]
    found = changes(kind, raw(kind, case["row"]), case["declared"], identity=IDS.get(kind, "101"))
    assert found == {}


def test_what_a_container_starts_is_not_published():
    found = row("guest", {"type": "lxc", "entrypoint": "/bin/app --token hunter2", "env": "A=hunter2"})
    assert "hunter2" not in str(found)
    assert found["options"]["entrypoint"] == "set"


@pytest.mark.parametrize(("version", "ndp"), [("8.4.5", False), ("9.2", True)])
@pytest.mark.parametrize("of_cluster", ["8.4.5", "9.2"])
@pytest.mark.parametrize("scope", ["node:a", "guest:101"])
def test_defaults_are_those_of_the_node_that_has_it(scope, of_cluster, version, ndp):
    left_out = {"options": {}, "rules": [], "version": version}
    written = {**left_out, "options": {"ndp": int(ndp)}}
    context = {"version": of_cluster}
    for each in (left_out, written):
        (found,) = live("firewall", each, scope, context=context).config.values()
        assert found["ndp"] is ndp
        for declared in ("{exact: true}", f"{{exact: true, ndp: {ndp}}}"):
            assert changes("firewall", each, declared, identity=scope, context=context) == {}
