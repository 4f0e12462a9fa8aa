"""The committed facts have one form, hold no text of the schemas, and cover every endpoint that is read."""

import json
from typing import Any

import pytest

from reconciler.lab.proxmox import routes
from tests.contracts import canonical, endpoints, facts, samples
from tests.contracts.dialects import ORDER
from tests.contracts.extract import FILES, HERE

TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
ODD = "/nodes/{node}/config property"
"""A parameter of which the published default is none of the published values."""
NAMES = [name.removesuffix(".json") for name in FILES]


def every_fact(contract: facts.Contract) -> list[tuple[str, facts.Fact]]:
    found = []
    for path, endpoint in contract.endpoints.items():
        for part in ("returns", "parameters"):
            fact = endpoint.get(part, {})
            whole = fact if part == "returns" else {"properties": fact}
            found += [(f"{path} {where}", inner) for where, inner in facts.every_key(whole)]
    for kind, keys in contract.config_keys.items():
        found += [(f"{kind} {where}", inner) for where, inner in facts.every_key({"properties": dict(keys)})]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_fact_has_known_members_of_known_types(name):
    found = every_fact(facts.load(name))
    assert len(found) > 30
    for where, fact in found:
        assert set(fact) <= set(ORDER), where
        kinds = fact.get("type", [])
        assert set([kinds] if isinstance(kinds, str) else kinds) <= TYPES, where
        for limit in ("minimum", "maximum", "minLength", "maxLength"):
            assert isinstance(fact.get(limit, 0), int | float), where
        if "enum" in fact and "default" in fact and where != ODD:
            assert fact["default"] in fact["enum"], where


@pytest.mark.parametrize("name", NAMES)
def test_there_is_no_prose(name):
    """No sentence: words with spaces between them stand in patterns and in the source alone."""
    found = json.loads((HERE / f"{name}.json").read_bytes())
    assert {"published", "version", "licence"} <= found.pop("source").keys()

    def texts(value: Any, key: str = "") -> list[str]:
        if isinstance(value, dict):
            return [each for inner, item in value.items() for each in [inner, *texts(item, inner)]]
        if isinstance(value, list):
            return [each for item in value for each in texts(item, key)]
        return [value] if isinstance(value, str) and key != "pattern" else []

    assert [text for text in texts(found) if " " in text.strip() or len(text) > 60] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_files_are_canonical(name):
    text = (HERE / f"{name}.json").read_text(encoding="utf-8")
    assert canonical.text(json.loads(text)) == text


def test_defaults_and_allowed_values_are_there():
    contract = facts.load(facts.PROXMOX_9)
    qemu, lxc = contract.config_keys["qemu"], contract.config_keys["lxc"]
    assert (qemu["cores"]["default"], qemu["cores"]["minimum"], qemu["cores"]["type"]) == (1, 1, "integer")
    assert qemu["bios"]["enum"] == ["seabios", "ovmf"]
    assert qemu["onboot"]["default"] == 0
    assert qemu["net[n]"]["parts"]["virtio"] == {"alias": "macaddr", "keyAlias": "model"}
    assert qemu["net[n]"]["parts"]["model"]["default_key"]
    assert qemu["ipconfig[n]"]["parts"].keys() == {"gw", "gw6", "ip", "ip6"}
    assert (lxc["swap"]["default"], lxc["rootfs"]["parts"]["volume"]["default_key"]) == (512, True)
    classic = facts.load(facts.UNIFI_CLASSIC)
    assert "corporate" in classic.keys("rest/networkconf")["purpose"]["enum"]
    integration = facts.load(facts.UNIFI_INTEGRATION_10).row("/v1/sites/{siteId}/networks")
    assert integration["variants"]["of"].keys() == {"GATEWAY", "SWITCH", "UNMANAGED"}


def test_a_guest_has_the_same_keys_in_what_is_read_and_in_what_can_be_set():
    contract = facts.load(facts.PROXMOX_9)
    commands = {"delete", "revert", "force", "skiplock", "background_delay", "digest", "vmid", "node"}
    for system in ("qemu", "lxc"):
        read = contract.keys(f"/nodes/{{node}}/{system}/{{vmid}}/config")
        for key, fact in contract.config_keys[system].items():
            if key not in commands and key in read:
                assert read[key].get("default") == fact.get("default"), key
                assert read[key].get("enum") == fact.get("enum"), key
    assert facts.load(facts.PROXMOX_8).keys("/nodes/{node}/lxc/{vmid}/config")["swap"]["default"] == 512


def test_every_endpoint_that_the_lab_serves_is_there():
    served = {f"/{name}" for name in routes.SITE} | {f"/nodes/{{node}}/{name}" for name in routes.NODE}
    for system, table in {"qemu": routes.MACHINE, "lxc": routes.CONTAINER}.items():
        served |= {f"/nodes/{{node}}/{system}/{{vmid}}/{name}" for name in table}
    assert served <= set(facts.load(facts.PROXMOX_9).endpoints)
    assert set(endpoints.PROXMOX) - set(facts.load(facts.PROXMOX_8).endpoints) == {
        "/cluster/ha/rules",
        "/cluster/ha/rules/{rule}",
        "/cluster/sdn/fabrics/all",
    }


@pytest.mark.parametrize(
    ("fact", "values"),
    [
        ({"type": "boolean"}, [True, False]),
        ({"type": "string", "enum": ["a", "b"]}, ["a", "b"]),
        ({"type": "integer", "default": 5, "minimum": 1, "maximum": 9}, [5, 1, 9]),
        ({"type": ["integer", "null"]}, [1, None]),
        ({"type": "array", "items": {"type": "boolean"}}, [[True, False], [True], []]),
        ({"type": "string", "minLength": 1}, ["word"]),
        ({"type": "string", "pattern": "^(letsencrypt|other)$"}, ["letsencrypt", "other"]),
    ],
)
def test_values_are_those_that_a_fact_names(fact, values):
    assert samples.values(fact) == values


def test_rows_are_the_shortest_the_fullest_and_one_for_each_other_value():
    fact = {
        "properties": {"a": {"type": "boolean"}, "b": {"type": "string", "enum": ["x"], "optional": True}}
    }
    assert list(samples.rows(fact)) == [{"a": True}, {"a": True, "b": "x"}, {"a": False, "b": "x"}]


def test_a_variant_is_checked_by_its_own_keys():
    row = {
        "properties": {"type": {"type": "string"}},
        "variants": {"by": "type", "of": {"A": {"properties": {"a": {"type": "integer"}}}, "B": {}}},
    }
    schema = facts.json_schema(row)
    assert schema["required"] == ["type"]
    assert schema["allOf"][0]["then"]["required"] == ["a"]
    assert [where for where, _ in facts.every_key(row)] == ["type", "a"]
