"""The order of firewall policies: only what both sides have counts, and a change is one cause."""

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.lab import Lab
from reconciler.lab.unifi.ids import oid
from tests.collectors.sources import read, unifi
from tests.collectors.unifi.example import causes, findings

ORDER = "unifi/firewall-order/Things:Internal"
POLICY = "unifi/firewall-policy/Things:Internal"


def policy(lab: Lab, name: str) -> dict[str, Any]:
    return next(row for row in lab.unifi.lists["firewall-policies"] if row["name"] == name)


def unchanged(_lab: Lab) -> None:
    pass


def inserted_first(lab: Lab) -> None:
    made = {**policy(lab, "Things stay out"), "_id": oid("policy", "new"), "name": "New", "index": 9000}
    lab.unifi.lists["firewall-policies"].append(made)


def renumbered(lab: Lab) -> None:
    for row in lab.unifi.lists["firewall-policies"]:
        row["index"] += 0 if row["predefined"] else 500


def block_above_allow(lab: Lab) -> None:
    policy(lab, "Things stay out")["index"] = 9000


def block_becomes_allow(lab: Lab) -> None:
    policy(lab, "Things stay out")["action"] = "ALLOW"


def removed(lab: Lab) -> None:
    lab.unifi.lists["firewall-policies"].remove(policy(lab, "Things to the broker"))


def last_of_a_pair_removed(lab: Lab) -> None:
    lab.unifi.lists["firewall-policies"].remove(policy(lab, "Web to the proxy"))


def first_of_a_pair(lab: Lab) -> None:
    made = {**policy(lab, "Things stay out"), "_id": oid("policy", "new"), "name": "New"}
    made["destination"] = {**made["destination"], "zone_id": oid("zone", "Dmz")}
    lab.unifi.lists["firewall-policies"].append(made)


def after_the_controllers_own(lab: Lab) -> None:
    policy(lab, "Web to the proxy")["index"] = 40000


CHANGES: dict[Callable[[Lab], None], list[tuple[str, str, str]]] = {
    unchanged: [],
    renumbered: [],
    inserted_first: [("unmanaged", f"{POLICY}:New", "")],
    block_above_allow: [("drifted", ORDER, "/policies")],
    block_becomes_allow: [("drifted", f"{POLICY}:Things stay out", "/action")],
    removed: [("missing", f"{POLICY}:Things to the broker", "")],
    last_of_a_pair_removed: [("missing", "unifi/firewall-policy/External:Internal:Web to the proxy", "")],
    first_of_a_pair: [("unmanaged", "unifi/firewall-policy/Things:Dmz:New", "")],
    after_the_controllers_own: [
        ("drifted", "unifi/firewall-policy/External:Internal:Web to the proxy", "/after_predefined")
    ],
}


@pytest.mark.parametrize("opens", ["everything", "integration"])
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_one_cause(site_lab, change, opens):
    site_lab.unifi.key_opens = opens
    change(site_lab)
    assert causes(site_lab, "firewall-") == CHANGES[change]


def test_what_moved_is_shown(site_lab):
    block_above_allow(site_lab)
    (found,) = findings(site_lab, "firewall-")
    assert found.change is not None
    assert [item.what for item in found.change.items or ()] == ["moved"]


def test_the_older_firewall_has_an_order_by_rule_set(site_lab):
    site_lab.unifi.zone_based = False
    rules = site_lab.unifi.lists["rest/firewallrule"]
    rules.append({**rules[0], "_id": oid("rule", "first"), "name": "First", "rule_index": 1999})
    rules.append({**rules[0], "_id": oid("rule", "last"), "name": "Last", "rule_index": 4001})
    snapshot = read(unifi(site_lab))
    orders = {key.id: row for key, row in snapshot.resources.items() if key.kind == "firewall-order"}
    assert orders.keys() == {"WAN_IN", "LAN_IN"}
    made: Any = orders["WAN_IN"]
    assert made.policies == ("WAN_IN:First", "WAN_IN:Drop invalid")
    assert made.after_predefined == ("WAN_IN:Last",)
