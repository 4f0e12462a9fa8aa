"""Groups of addresses and ports of the integration API, which calls them traffic matching lists."""

from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated
from reconciler.collectors.unifi.integration.values import ODD, amount, at, items, known_as

_TYPES = {
    "PORTS": "port-group",
    "IPV4_ADDRESSES": "address-group",
    "IPV6_ADDRESSES": "ipv6-address-group",
}
_HAS = frozenset({"name", "group_type", "members"})


def span(item: object) -> Any:
    """Return a value, or a range of them: `80`, `5000-5010`."""
    value, *ends = (at(item, key) for key in ("value", "start", "stop"))
    if value is None:
        found = [amount(each) for each in ends]
        return ODD if ODD in found else "-".join(found)
    return amount(value)


def matching_list(row: ApiRow) -> Translated:
    """Return a group of addresses or ports."""
    found = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "group_type": known_as(row.get("type"), _TYPES, "address-group"),
        "group_members": [span(each) for each in items(row.get("items"))],
    }
    return Translated(found, _HAS)


LISTS = Substitute((Part("traffic-matching-lists", matching_list),))
