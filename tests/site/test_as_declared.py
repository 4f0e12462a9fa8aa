"""The rows that are not as declared, as they are declared."""

from typing import Any

from reconciler.desired.load import load
from reconciler.model.key import Key
from reconciler.site.as_declared import as_declared
from tests.site.rows import HOUSE, KINDS, built, patched
from tests.site.test_causes import adopted

GUEST = Key("pve", "guest", "101")


def declared(text: str, changes: Any = None, kind: str = "pve/guest") -> dict[Key, dict[str, Any]]:
    desired = load({f"{kind}.yaml": text.encode()}, KINDS, directory="desired-state")
    rows: dict[Key, Any] = dict(as_declared(built(patched(changes or {})), desired, KINDS).config)
    return rows


def test_a_row_as_it_is_declared_is_left_out():
    assert declared("101: {cores: 2, nics: {net0: {tag: 20}}}") == {}


def test_what_is_declared_takes_the_place_of_what_is_live():
    row = declared("101: {cores: 4, nics: {net0: {tag: 30}}, disks: {rootfs: null}}")[GUEST]
    assert (row["cores"], row["memory"], row["disks"]) == (4, 2048, {})
    assert (row["nics"]["net0"]["tag"], row["nics"]["net0"]["bridge"]) == (30, "vmbr0")


def test_an_exact_row_has_defaults_for_the_rest_and_keeps_states():
    row = declared("101: {exact: true, name: g101, cores: 2}")[GUEST]
    assert (row["memory"], row["power"], row["node"]) == (512, "running", "r1")
    assert not row.get("nics")


def test_a_row_that_is_gone_is_as_declared_with_what_its_id_declares():
    rows = declared('"wan:tcp:443": {fwd: 10.0.20.5}', kind="unifi/port-forward")
    row = rows[Key("unifi", "port-forward", "wan:tcp:443")]
    assert (row["dst_port"], row["proto"], row["fwd"]) == (["443"], "tcp", "10.0.20.5")


def test_a_row_that_must_not_exist_is_left_out():
    assert declared("101: {absent: true}\n102: {absent: true}") == {}


def test_a_missing_guest_can_be_joined():
    rows = as_declared(built(patched({"pve/guest/101": None})), adopted(built(HOUSE)), KINDS).config
    row: Any = rows[GUEST]
    assert row["nics"]["net0"]["ip"] == "10.0.20.5/24"
    assert row["node"] is None
