"""The lab answers in the shape that Proxmox publishes: facts of its schema, in tests/contracts."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.lab import Guest, Lab
from reconciler.lab.proxmox import routes
from tests.contracts import facts
from tests.contracts.facts import Fact
from tests.lab.client import Client, connect
from tests.lab.schema import problems, property_string

Paths = Mapping[str, dict[str, Any]]
Formats = Mapping[str, Mapping[str, Fact]]


@pytest.fixture(scope="module")
def methods() -> Paths:
    return facts.load(facts.PROXMOX_9).endpoints


@pytest.fixture(scope="module")
def formats() -> Formats:
    return facts.load(facts.PROXMOX_9).config_keys


CHECKED_INSIDE = {f"/cluster/sdn/vnets/{{vnet}}/firewall/{leaf}" for leaf in ("options", "rules")}
"""Endpoints whose check is only in the description of their permissions."""


def calls(lab: Lab) -> list[tuple[str, str]]:
    """Every endpoint the lab serves, as (template of the schema, real path), for every node and guest."""
    found = [(f"/{name}", f"/{name}") for name in routes.SITE if name != "cluster/ha/groups"]
    found += [
        ("/cluster/sdn/vnets/{vnet}/subnets", "/cluster/sdn/vnets/lab40/subnets"),
        *(
            (f"/cluster/sdn/vnets/{{vnet}}/firewall/{leaf}", f"/cluster/sdn/vnets/lab40/firewall/{leaf}")
            for leaf in ("options", "rules")
        ),
        ("/cluster/firewall/ipset/{name}", "/cluster/firewall/ipset/management"),
        ("/cluster/firewall/groups/{group}", "/cluster/firewall/groups/webserver"),
        ("/cluster/metrics/server/{id}", "/cluster/metrics/server/influx"),
        *(("/access/domains/{realm}", f"/access/domains/{realm}") for realm in lab.state.access["realms"]),
    ]
    found += [
        (f"/nodes/{{node}}/{name}", f"/nodes/{node}/{name}")
        for name in routes.NODE
        for node in lab.state.nodes
    ]
    found += [
        ("/nodes/{node}/network/{iface}", f"/nodes/{name}/network/{iface}")
        for name, node in lab.state.nodes.items()
        for iface in node.facts["network"]
    ]
    found.append(("/nodes/{node}/storage/{storage}/status", "/nodes/ml110/storage/local/status"))
    for guest in lab.state.guests.values():
        names = routes.MACHINE if guest.type == "qemu" else routes.CONTAINER
        where = f"/nodes/{guest.node}/{guest.type}/{guest.vmid}"
        found += [(f"/nodes/{{node}}/{guest.type}/{{vmid}}/{name}", f"{where}/{name}") for name in names]
    return found


def check(auditor: Client, lab: Lab, methods: Paths, *, loose: bool) -> dict[str, int]:
    """Answers that were checked, by endpoint; asserts that none deviates."""
    found: list[str] = []
    checked: dict[str, int] = {}
    for template, path in calls(lab):
        reply = auditor.get(path)
        if reply.status == 500 and "agent" in path:
            continue
        if reply.data is None and path.endswith("/interfaces"):
            continue  # a stopped container has none
        checked[template] = checked.get(template, 0) + 1
        found += [
            f"{path} {text}" for text in problems(reply.data, methods[template]["returns"], loose=loose)
        ]
    assert found == []
    return checked


def test_every_answer_fits_its_schema(lab: Lab, auditor: Client, methods: Paths):
    checked = check(auditor, lab, methods, loose=False)

    assert set(checked) == {template for template, _ in calls(lab)}
    assert checked["/nodes/{node}/qemu/{vmid}/pending"] == 29
    assert checked["/nodes/{node}/lxc/{vmid}/config"] == 32


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffled_answers_fit_but_for_the_types(lab: Lab, auditor: Client, methods: Paths, seed: int):
    lab.quirks.shuffle(seed)

    check(auditor, lab, methods, loose=True)


def test_answers_of_an_offline_node_fit(lab: Lab, auditor: Client, methods: Paths):
    lab.state.set_node_online("r630-01", online=False)

    for path in ("/cluster/resources", "/cluster/status", "/nodes"):
        assert problems(auditor.data(path), methods[path]["returns"]) == []


def test_the_running_view_fits(lab: Lab, auditor: Client, methods: Paths):
    returns = methods["/nodes/{node}/qemu/{vmid}/config"]["returns"]

    assert problems(auditor.data("/nodes/r630-01/qemu/114/config", current=1), returns) == []


def test_pool_members_fit(auditor: Client, methods: Paths):
    pools = auditor.data("/pools", poolid="production")

    assert problems(pools, methods["/pools"]["returns"]) == []
    assert len(pools[0]["members"]) == 17  # 12 guests, and the storage on each of 5 nodes


def test_parameters_are_those_of_the_schema(methods: Paths):
    used = {f"/{name}": parameters for name, (_, parameters) in routes.SITE.items()}
    used |= {f"/nodes/{{node}}/{name}": parameters for name, (_, parameters) in routes.NODE.items()}
    for system, table in {"qemu": routes.MACHINE, "lxc": routes.CONTAINER}.items():
        used |= {f"/nodes/{{node}}/{system}/{{vmid}}/{name}": known for name, (_, known) in table.items()}

    known = {path: set(methods[path]["parameters"]) for path in used}
    assert [path for path, parameters in used.items() if not parameters <= known[path]] == []


def test_what_needs_a_right_is_what_the_schema_says(lab: Lab, methods: Paths):
    """A token without rights is refused where the schema has a check, and gets a list where it has none."""
    with connect(lab, "reconciler@pve!norights") as client:
        for template, path in dict(calls(lab)).items():
            permissions = methods[template]["permissions"]
            refused = "check" in permissions and permissions.get("user") != "all"
            refused |= template in CHECKED_INSIDE
            assert client.get(path).status == (403 if refused else 200), template


@pytest.mark.parametrize("seed", [None, 5])
def test_property_strings_fit_their_formats(lab: Lab, auditor: Client, formats: Formats, seed: int | None):
    if seed is not None:
        lab.quirks.shuffle(seed)
    found: list[str] = []
    seen: set[str] = set()
    for guest in lab.state.guests.values():
        config = auditor.data(f"/nodes/{guest.node}/{guest.type}/{guest.vmid}/config")
        for key, value in config.items():
            form = _format(formats, guest, key)
            if form is not None:
                seen.add(f"{guest.type} {re.sub(r'[0-9]+$', '', key)}")
                found += [f"{guest.vmid} {key}: {text}" for text in property_string(str(value), form)]

    assert found == []
    assert seen >= {"qemu net", "qemu scsi", "qemu usb", "qemu agent", "lxc net", "lxc rootfs", "lxc mp"}


def _format(formats: Formats, guest: Guest, key: str) -> Fact | None:
    keys = formats[guest.type]
    fact: Fact = keys.get(key, keys.get(re.sub(r"\d+$", "[n]", key), {}))
    return fact.get("parts")


def test_site_configuration_keys_are_known(lab: Lab, formats: Formats):
    unknown = {
        key
        for guest in lab.state.guests.values()
        for key in guest.config
        if key not in formats[guest.type] and re.sub(r"\d+$", "[n]", key) not in formats[guest.type]
    }

    assert unknown == {"meta", "lxc", "parent"}  # set by Proxmox, or raw lines: not parameters of a write


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({"a": 1}, {"type": "object", "properties": {"b": {"type": "string"}}}, "data: b is missing"),
        ({"a": 1}, {"type": "object", "properties": {}, "closed": True}, "data: a is not in the schema"),
        ([1], {"type": "object"}, "data: [1] is no object"),
        ({}, {"type": "array"}, "data: {} is no array"),
        (["x"], {"type": "array", "items": {"type": "integer"}}, "data[0]: 'x' is no integer"),
        (
            {"cores": "4"},
            {"type": "object", "properties": {"cores": {"type": "integer"}}},
            "data.cores: '4' is no integer",
        ),
        ("b", {"type": "string", "enum": ["a"]}, "data: 'b' is none of ['a']"),
        (5, {"type": "integer", "maximum": 4}, "data: 5 is out of range"),
        ("long", {"type": "string", "maxLength": 3}, "data: 'long' is too long"),
        (2, {"type": "boolean"}, "data: 2 is no boolean"),
    ],
)
def test_the_validator_finds(value: Any, schema: Fact, problem: str):
    assert problems(value, schema) == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("bridge=vmbr0", "model is missing"),
        ("virtio=BC:24:11:00:00:01,speed=3", "'speed' is not in the format"),
        ("virtio=BC:24:11:00:00:01,tag=x", "tag is no number"),
        ("virtio=BC:24:11:00:00:01,firewall=maybe", "firewall is no boolean"),
    ],
)
def test_the_property_validator_finds(formats: Formats, text: str, problem: str):
    assert [problem in found for found in property_string(text, formats["qemu"]["net[n]"]["parts"])] == [True]
