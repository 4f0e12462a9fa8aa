"""Whichever APIs of a controller can be read: `run` and `drift` end with a report, and nothing is missing."""

import json

import pytest

from reconciler.collectors.unifi import SYSTEM
from reconciler.lab import Lab
from tests.site_repository import SiteRepository

APIS = {
    "both": ("everything", "    api_key: ${UNIFI_API_KEY}"),
    "classic only": ("everything", "    username: reader\n    password: ${UNIFI_PASSWORD}"),
    "integration only": ("integration", "    api_key: ${UNIFI_API_KEY}"),
}
WITHOUT = {
    "both": set(),
    "classic only": {"static-dns", "acl-rule", "acl-order", "switch-stack"},
    "integration only": {
        "switch-port",
        "port-profile",
        "port-forward",
        "reservation",
        "site-settings",
        "static-route",
        "ap-group",
        "client-group",
        "dhcp-option",
        "scheduled-task",
        "dpi-group",
        "traffic-route",
        "traffic-rule",
        "nat-rule",
        "nat-order",
        "radius-profile",
        "radius-user",
        "dynamic-dns",
        "hotspot-operator",
        "wireguard-peer",
    },
}
"""The kinds of which there is no list, or (forwarded domains) none of a part."""


@pytest.fixture
def lab():
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture
def site(tmp_path, monkeypatch):
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.declare_example("unifi")
    monkeypatch.setenv("UNIFI_PASSWORD", "unifi-1ab0-password")
    monkeypatch.setenv("UNIFI_API_KEY", "unifi-1ab0-key-of-the-reader")
    return repository


def choose(lab, site, apis: str) -> None:
    opens, way_in = APIS[apis]
    lab.unifi.key_opens = opens
    url, ca_file = lab.served("unifi").url, lab.ca_file
    site.configure(f"  - name: unifi\n    type: unifi\n    url: {url}\n    ca_file: {ca_file}\n{way_in}\n")
    site.commit()


@pytest.mark.parametrize("before", [None, *APIS])
@pytest.mark.parametrize("apis", APIS)
def test_nothing_is_missing_and_nothing_breaks(lab, site, capsys, before, apis):
    if before is not None:
        choose(lab, site, before)
        assert site.run("run") in (0, 3), capsys.readouterr()
    choose(lab, site, apis)
    assert site.run("run") == (3 if WITHOUT[apis] else 0), capsys.readouterr()
    check(site.report(), apis)
    capsys.readouterr()
    assert site.run("drift", "--format", "json") in (0, 3)
    check(json.loads(capsys.readouterr().out), apis)


def check(report, apis: str) -> None:
    types = {finding["type"] for finding in report["findings"] if finding["key"].startswith("unifi/")}
    assert types.isdisjoint({"missing", "drifted", "internal"})
    assert "internal" not in json.dumps(report["scopes"])
    scopes = {scope["kind"]: scope for scope in report["scopes"] if scope["source"] == "unifi"}
    assert scopes.keys() == {kind.name for kind in SYSTEM.kinds}
    short = {kind for kind, scope in scopes.items() if scope["listed"] != "complete"}
    assert short - {"lag"} == WITHOUT[apis]  # of aggregates, some are expected after a run that saw them
    assert {scopes[kind]["problem"]["cause"] for kind in WITHOUT[apis]} <= {"not-supported"}
    unverified = {
        finding["key"].split("/")[1]
        for finding in report["findings"]
        if finding["type"] == "unverified" and finding["key"].startswith("unifi/")
    }
    assert WITHOUT[apis] <= unverified
