import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from reconciler import kinds
from reconciler.model.key import slug
from reconciler.model.pointer import parts_of
from reconciler.model.relations import on_node_of_id
from reconciler.yamlfile.validation import first_errors
from tests.collectors.proxmox.lab_site import config_of, settings


def test_every_source_has_the_kinds_of_its_system():
    found = kinds.kinds_of(config_of(settings(), settings(name="other")))
    assert list(found) == ["pve", "other", "site"]
    assert set(found["pve"]) >= {"guest", "node", "storage", "node-network", "pool"}
    assert set(found["site"]) == {"address", "cable"}


@pytest.mark.parametrize("system", kinds.SYSTEMS.values(), ids=lambda system: system.name)
def test_names_are_keys_and_routes(system):
    names = [kind.name for kind in system.kinds] + [kind.plural for kind in system.kinds]
    assert len(set(names)) == len(names)
    assert [slug(name) for name in names] == names
    assert kinds.settings()[system.name] is system.settings


def test_knowing_the_kinds_loads_no_http_library():
    code = (
        "import sys, reconciler.kinds; "
        "print(*sorted({'http', 'urllib3', 'proxmoxer', 'deepdiff', 'git', 'jinja2'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == ""


@pytest.mark.parametrize(
    ("system", "kind", "identity", "meant"),
    [
        ("proxmox", "guest", "101", "101"),
        ("proxmox", "guest", "0101", "101"),
        ("proxmox", "guest", "web1", None),
        ("proxmox", "guest", "99", None),
        ("proxmox", "node-network", "r630-01:vmbr0", "r630-01:vmbr0"),
        ("proxmox", "node-network", "vmbr0", None),
        ("proxmox", "node-network", ":vmbr0", None),
        ("unifi", "device", "74:ac:b9:00:00:02", "74:AC:B9:00:00:02"),
        ("unifi", "switch-port", "74:ac:b9:00:00:02:05", "74:AC:B9:00:00:02:5"),
        ("unifi", "switch-port", "74:ac:b9:00:00:02", None),
        ("unifi", "switch-port", "core:5", None),
        ("unifi", "port-forward", "wan:tcp:443,80", "wan:tcp:80,443"),
        ("unifi", "port-forward", "wan:tcp:odd", "wan:tcp:odd"),
        ("unifi", "port-forward", "wan:443", None),
        ("unifi", "port-forward", "wan::443", None),
        ("unifi", "static-dns", "a:NAS.lan.", "A:nas.lan"),
        ("unifi", "static-dns", "nas.lan", None),
        ("unifi", "dynamic-dns", "Home.example.org.:wan2", "home.example.org:wan2"),
        ("unifi", "dynamic-dns", "https://home.example.org", None),
        ("npm", "proxy-host", "Git.Example.org", "git.example.org"),
        ("npm", "proxy-host", "https://git.example.org", None),
        ("npm", "stream", "53/udp+tcp", "53/tcp+udp"),
        ("npm", "stream", "53", None),
    ],
)
def test_an_id_that_can_be_none_is_refused(system, kind, identity, meant):
    found = {each.name: each for each in kinds.SYSTEMS[system].kinds}[kind]
    adapter = TypeAdapter(found.identity)
    if meant is None:
        with pytest.raises(ValidationError, match=r"is not an? "):
            adapter.validate_python(identity)
    else:
        assert adapter.validate_python(identity) == meant


ATTACK_SURFACE = {
    "acl",
    "acl-rule",
    "firewall",
    "firewall-policy",
    "hotspot-operator",
    "nat-rule",
    "port-forward",
    "proxy-host",
    "radius-user",
    "redirection-host",
    "static-dns",
    "static-route",
    "stream",
    "token",
    "traffic-route",
    "traffic-rule",
    "user",
    "wireguard-peer",
    "wlan",
}


def test_what_lets_traffic_in_is_a_warning_when_it_is_not_declared():
    every = [kind for system in kinds.SYSTEMS.values() for kind in system.kinds]
    assert {kind.name for kind in every if kind.unmanaged_severity == "warning"} == ATTACK_SURFACE
    assert {kind.unmanaged_severity for kind in every} == {"info", "warning"}


ODD: tuple[Any, ...] = (
    None, "", 0, -1, 1.5, 10**30, float("nan"), "1700000000", "word", "\x00", "\ud800", True, [], ["a"],
    [None], [[1]], [{"a": 1}], {}, {"a": 1}, {"": {}}, {"a": {"b": [1]}}, b"\xff", object(),
)  # fmt: skip
OF_THE_LIBRARY = re.compile(
    r"(Input|String|List|Dictionary|Tuple|Value|Number) should|not permitted|Value error"
)


@pytest.mark.parametrize("system", kinds.SYSTEMS.values(), ids=lambda system: system.name)
def test_why_a_value_is_refused_is_in_words_of_our_own(system):
    """Whatever an answer has at a field, and without the value, which may be a secret."""
    texts = set()
    for kind in system.kinds:
        for field in kind.model.model_fields:
            for odd in ODD:
                try:
                    kind.model.model_validate({field: odd})
                except ValidationError as error:
                    texts |= set(first_errors(error).values())
    assert len(texts) > 20
    assert [text for text in texts if OF_THE_LIBRARY.search(text)] == []
    assert [text for text in texts if "1700000000" in text] == []


COMES_WITH = [
    ("proxmox", "node-config", "r630-01", {"node"}),
    ("proxmox", "node-network", "r630-01:vmbr0", {"node"}),
    ("proxmox", "disk", "r630-01:S6PTNM0R900001", {"node"}),
    ("proxmox", "guest-snapshot", "132:clean", {"guest"}),
    ("proxmox", "firewall", "cluster", set()),
    ("proxmox", "firewall", "node:r630-01", {"node"}),
    ("proxmox", "firewall", "vnet:lab40", {"sdn-vnet"}),
    ("proxmox", "firewall", "guest:105", {"guest", "firewall"}),
    ("proxmox", "alias", "gateway", set()),
    ("proxmox", "alias", "guest:105:printer", {"guest", "firewall"}),
    ("proxmox", "ipset", "guest:105:desks", {"guest", "firewall"}),
    ("unifi", "switch-port", "74:AC:B9:00:00:02:5", {"device"}),
]


@pytest.mark.parametrize(("system", "name", "identity", "others"), COMES_WITH)
def test_what_comes_with_another_resource_names_its_kind_and_field(system, name, identity, others):
    known = {kind.name: kind for kind in kinds.SYSTEMS[system].kinds}
    places = list(known[name].comes_with(identity, {}))
    assert {other for other, _, _ in places} == others
    for other, _, pointer in places:
        assert not pointer or parts_of(pointer)[0] in known[other].model.model_fields


def test_what_each_node_has_comes_with_it():
    """All kinds of which a new node has some at once: else each of them is a cause of its own."""
    covered = {(system, name) for system, name, _, _ in COMES_WITH}
    for system in kinds.SYSTEMS.values():
        for kind in system.kinds:
            if kind.host is on_node_of_id:
                assert (system.name, kind.name) in covered


@pytest.mark.parametrize("name", kinds.SYSTEMS)
def test_every_field_has_a_description(name):
    fields = {
        f"{model}.{field}": shape
        for kind in kinds.SYSTEMS[name].kinds
        for model, properties in _models(TypeAdapter(kind.model).json_schema(), kind.model.__name__)
        for field, shape in properties.items()
    }
    assert fields
    assert [place for place, shape in fields.items() if not shape.get("description")] == []


def _models(schema: dict[str, Any], name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A model and every model inside it, each with its fields."""
    yield name, schema["properties"]
    for inside, shape in schema.get("$defs", {}).items():
        yield inside, shape.get("properties", {})
