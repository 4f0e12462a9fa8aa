"""The rules of a firewall, in their order: those of its scopes and those of security groups."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, is_true, text_of, whole_number
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.guest_firewall import named
from reconciler.collectors.proxmox.rows import health_of, key_names, skipped_rules
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names, Notes, Text
from reconciler.model.relations import items_of
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Row, Value


def _is_on(value: object) -> object:
    """Take a number but 0 as on: Proxmox VE also writes the time at which it was enabled."""
    return is_true(value) if is_nothing(value) or whole_number(value) is not None else value


Enabled = Annotated[Flag, BeforeValidator(_is_on)]


def _action(text: str) -> str:
    """Return what a rule does, whose words are alike in any case; the name of a group as it is."""
    return text.upper() if text.upper() in {"ACCEPT", "DROP", "REJECT"} else text


NoLog = Annotated[Annotated[str, unless("nolog")] | None, Field(description="Log level (default nolog)")]
Places = Annotated[Blocks, Field(description="Addresses, ranges, +SET or aliases (default any)")]
Ports = Annotated[Names, Field(description="Numbers, ranges or names (default any)")]


class FirewallRule(Value):
    """A firewall rule, identified by its position in the list."""

    type: Annotated[str, Field(description="in, out, forward or group")]
    action: Annotated[
        str,
        AfterValidator(_action),
        Field(description="ACCEPT, DROP, REJECT, or the name of a security group"),
    ]
    enable: Annotated[Enabled, Field(description="Rule is enabled")] = True
    macro: Annotated[str | None, Field(description="Predefined macro, such as SSH")] = None
    source: Annotated[
        Places, Field(description="Source addresses, ranges, +SET or aliases (default any)")
    ] = ()
    dest: Annotated[
        Places, Field(description="Destination addresses, ranges, +SET or aliases (default any)")
    ] = ()
    proto: Annotated[Text | None, Field(description="IP protocol: name or number")] = None
    sport: Annotated[Ports, Field(description="Source ports: numbers, ranges or names (default any)")] = ()
    dport: Annotated[
        Ports, Field(description="Destination ports: numbers, ranges or names (default any)")
    ] = ()
    icmp_type: Annotated[Text | None, Field(description="ICMP type; only for ICMP protocols")] = None
    iface: Annotated[str | None, Field(description="Network interface; for guests net0, …")] = None
    log: Annotated[NoLog, Field(description="Log level (default nolog)")] = None
    comment: Annotated[Notes | None, Field(description="Comment; stored only with store_descriptions")] = None


FirewallRules = Annotated[tuple[FirewallRule, ...], Field(description="Rules, in order")]
_NAMES = key_names(FirewallRule.model_fields.keys() - {"comment"})


def read_rules(found: dict[str, Any], given: Sequence[Any], context: ProxmoxContext) -> None:
    """Set `rules` to the rows of a list in their order, and `health` to those that Proxmox VE skips.

    A row that is not an object, or that has no position, costs the field.
    """
    rows = [row for row in given if isinstance(row, dict)]
    odd = len(rows) < len(given) or any(whole_number(row.get("pos", 0)) is None for row in rows)
    rows.sort(key=lambda row: whole_number(row.get("pos")) or 0)
    found["health"] = health_of(skipped_rules(rows))
    read_into(found, "rules", lambda: [_rule(row, context) for row in rows])
    if odd:
        mark_unread(found, "rules")


def used_by_rules(row: Row, vmid: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield the groups, sets and aliases that the rules of a row name, by kind and id."""
    rules: Any = row.get("rules") or ()
    for rule in rules:
        if rule.get("type") == "group":
            yield "security-group", str(rule.get("action"))
        for end in ("source", "dest"):
            yield from named(items_of(rule, end), vmid)


def _rule(row: ApiRow, context: ProxmoxContext) -> dict[str, Any]:
    """Return a rule without its position, and without what follows from other fields (`ipversion`).

    Raises `ValueError` for a comment of another type.
    """
    found = {_NAMES[key]: value for key, value in row.items() if key in _NAMES and not is_nothing(value)}
    if context.store_descriptions and not is_nothing(row.get("comment")):
        found["comment"] = text_of(row["comment"])
    return found
