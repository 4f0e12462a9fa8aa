"""The NAT rules of a site, for the kinds of the rules and of their order.

Rules that the controller made itself are apart: they follow from its networks and settings.
"""

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import whole_number
from reconciler.collectors.unifi.connection.api import Read
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.rows import is_on

RULES = Read("v2", "nat")


def nat_rules(lookups: UnifiLookups, kind: str) -> list[ApiRow]:
    """Return the rules of people, and those of the controller's own that a person switched off or logs.

    Raises `UnifiRequestFailed`.
    """
    return [
        row
        for row in lookups.classic_if_known(RULES, kind)
        if not is_on(row, "is_predefined") or not is_on(row, "enabled", default=True) or is_on(row, "logging")
    ]


def order_of(row: ApiRow) -> str | None:
    """Return the order that a rule is in, before or after routing; None where its type cannot be read."""
    kind = row.get("type")
    if not isinstance(kind, str) or not kind:
        return None
    return "destination_nat" if kind.upper() == "DNAT" else "source_nat"


def place(row: ApiRow) -> int:
    """Return the place of a rule in the order of all."""
    return whole_number(row.get("rule_index")) or 0
