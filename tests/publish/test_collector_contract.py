"""The collector contract names what is read of every kind, and how completely the last run read it."""

import json

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.publish.documents.collector_contract import described, endpoints

KINDS = [(system.name, kind) for system in SYSTEMS.values() for kind in system.kinds]


@pytest.mark.parametrize(("system", "kind"), KINDS, ids=[f"{system}-{kind.name}" for system, kind in KINDS])
def test_every_kind_names_its_endpoints(system, kind):
    read_from, by_hand = described(kind)
    found = endpoints(read_from)
    assert found
    assert by_hand
    for path in found:
        assert " " not in path
        assert path.startswith("/") == (system != "unifi")


def test_it_has_every_list_that_the_lab_was_asked_for(lab_tree):
    data = json.loads(lab_tree["v1/collector-contract.json"])["data"]
    health = json.loads(lab_tree["v1/health.json"])["data"]
    listed = {
        (name, each["kind"]): each["listed"]
        for name, source in data["sources"].items()
        for each in source["kinds"]
    }
    assert listed == {
        (each["source"], each["kind"]): each["listed"]
        for each in health["scopes"]
        if each["source"] in data["sources"]
    }
    assert {each["system"] for each in data["sources"].values()} == {"proxmox", "unifi", "npm"}
    for source in data["sources"].values():
        assert source["stale_after"] > source["last_success"]
        for each in source["kinds"]:
            assert each["schema"] == f"/v1/schemas/{each['kind']}"
            assert f"{each['schema'][1:]}.json" in lab_tree
            assert each["link"] is None or f"{each['link'][1:]}.json" in lab_tree
    assert data["fresh_seconds"] > 0
    assert data["usual_seconds"] is None or data["usual_seconds"] >= 0
