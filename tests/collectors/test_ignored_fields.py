"""The tables of ignored keys: each has a reason, and none names a key that its kind reads."""

import sys
from typing import Any

import pytest

from reconciler.collectors import ignored_fields as tables
from reconciler.collectors.ignored_fields import EVERY_KIND, ignored_fields, read_table
from reconciler.kinds import SYSTEMS

SECTIONS = [(system, section) for system in SYSTEMS for section in read_table(system)]
OTHER = {"node-config", "firewall-rule", EVERY_KIND}
"""Sections beside those of kinds: what no kind reads, an older form of a kind, and rows of every kind."""


def _read_keys(kind: Any) -> set[str]:
    """The keys of the API that the module of a kind reads as they are."""
    module = sys.modules[kind.normalise.__module__]
    return {key for name in ("_NAMES", "_FIELDS", "_OPTIONS", "_READ") for key in getattr(module, name, ())}


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_section_belongs_to_a_kind(system):
    kinds = {kind.name for kind in SYSTEMS[system].kinds}
    assert set(read_table(system)) - kinds - OTHER == set()


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_every_key_has_a_reason(system, section):
    table = read_table(system)[section]
    assert table
    assert [key for key, reason in table.items() if not str(reason or "").strip()] == []


@pytest.mark.parametrize(("system", "section"), SECTIONS)
def test_no_key_is_read(system, section):
    table = read_table(system)[section]
    kinds = [kind for kind in SYSTEMS[system].kinds if section in {kind.name, EVERY_KIND}]
    read = {key for kind in kinds for key in _read_keys(kind)} if section != EVERY_KIND else set()
    assert [key for key in table if key in read] == []


def test_patterns_stand_for_families():
    ignored = ignored_fields("unifi", "network")
    assert ignored.unmodelled({"purpose", "x_anything", "dhcpd_dns_3", "vlan", "another"}) == [
        "another",
        "purpose",
    ]


def test_a_kind_without_a_section_ignores_what_every_kind_does():
    assert ignored_fields("unifi", "device").unmodelled({"uptime"}) == []
    assert list(ignored_fields("proxmox", "nothing").reasons) == []


def test_a_table_is_read_once():
    assert read_table("npm") is read_table("npm")
    assert tables.ignored_fields("npm", "stream") is ignored_fields("npm", "stream")
