"""A value of another type than usual costs its field, not the row, and no row costs the list."""

from functools import cache
from typing import Any

import pytest

from tests.blind_spots.keys import with_value
from tests.blind_spots.place import Place
from tests.blind_spots.proxmox import places

ODD = [
    None,
    "",
    0,
    -1,
    1700000000,
    1.5,
    "1700000000",
    "word",
    "\x00",
    "1",
    True,
    False,
    [],
    ["a"],
    {},
    {"a": 1},
    [[1]],
    [{"a": 1}],
    "9" * 30,
    10**30,
    "1,2=3,=,x",
]
"""Values that some key does not have."""
IDENTITIES = frozenset("storage id iface sid rule group zone vnet name poolid vmid node serial".split())
"""Keys that a row is known by: without one it is another row, or of no id."""
IDENTITY_OF = frozenset(
    {
        ("user", "userid"),
        ("token", "tokenid"),
        ("acl", "path"),
        ("acl", "ugid"),
        ("acl", "roleid"),
        ("role", "roleid"),
        ("group", "groupid"),
        ("realm", "realm"),
        ("sdn-controller", "controller"),
        ("sdn-fabric-node", "fabric_id"),
        ("sdn-fabric-node", "node_id"),
    }
)
"""(kind, key) of keys that are identities only there."""
WITHOUT_DEFAULT = frozenset(
    {
        ("metric-server", "type"),
        ("notification-target", "type"),
        ("realm", "type"),
        ("sdn-controller", "type"),
        ("sdn-fabric", "protocol"),
        ("sdn-fabric-node", "protocol"),
        ("storage", "type"),
        ("node-network", "type"),
        ("sdn-zone", "type"),
        ("ha-rule", "type"),
        ("sdn-vnet", "zone"),
        ("alias", "cidr"),
        ("replication-job", "target"),
    }
)
"""(kind, key) without which a row means nothing: it alone is unread."""
STATES = frozenset({("guest", "status"), ("guest", "type"), ("role", "special")})
"""What `/cluster/resources` says of a guest: without it, what the guest is is not known; and which roles
are those of Proxmox VE, which are left out."""


BESIDE = {"unread", "unparsed", "unmodelled", "pending", "health", "description_fingerprint", "credentials"}


@cache
def every_place() -> dict[str, Place]:
    return {f"{place.version} {place.endpoint}": place for place in places()}


@pytest.mark.parametrize("name", every_place())
def test_it_costs_its_field_alone(name):
    place = every_place()[name]
    kind = place.of_kind
    before = place.read(place.row)
    ((identity, whole),) = before.resources.items()
    expected: Any = kind.dump({identity.id: whole})[identity.id]
    for key in place.keys.values():
        if len(key.steps) > 1 or key.name in IDENTITIES or (place.kind, key.name) in STATES | IDENTITY_OF:
            continue
        for odd in ODD:
            read = place.read(with_value(place.row, key.steps, odd))
            where = (key.name, odd)
            (scope,) = read.scopes
            assert scope.listed == "complete", where
            if identity not in read.resources:
                assert (place.kind, key.name) in WITHOUT_DEFAULT, (where, scope.unread)
                assert list(scope.unread) == [identity.id], where
                assert scope.unread[identity.id].cause == "unreadable-row", where
                continue
            found: Any = kind.dump({identity.id: read.resources[identity]})[identity.id]
            unread = set(found.get("unread") or ()) - set(expected.get("unread") or ())
            changed = {name for name in expected | found if expected.get(name) != found.get(name)} - BESIDE
            assert len(unread | changed) <= 2, (where, unread, changed)
            assert not unread or changed <= unread, (where, unread, changed)
