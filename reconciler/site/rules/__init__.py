"""The rules of the whole site, a file each: what the joins show that no single source can.

Each ends with a `SiteRule`: name, severity, meaning, what fixes it, the kinds that it needs the lists of,
and `check`. A rule says that it could not be checked in full when one of those lists is not whole, and says
nothing where it would take what was not read for what is not there. What was read by an earlier run is no
ground for a new claim: a finding that is known already then waits, unconfirmed.
"""

from collections.abc import Mapping

from reconciler.model.key import Key
from reconciler.model.rule import Claim, Rule
from reconciler.site.rule import SiteRule
from reconciler.site.rules import (
    address_outside_subnet,
    cable_contradiction,
    certificate_expiry,
    duplicate_ip,
    duplicate_mac,
    duplicate_name,
    inactive_storage,
    no_backup,
    over_commit,
    port_claimed_twice,
    reservation_contradiction,
    retired_alive,
    static_in_pool,
    tag_without_network,
    target_stopped,
    target_unknown,
    undeclared_address,
    unseen_address,
    vlan_not_carried,
)
from reconciler.site.site_model import Join

ALL: tuple[SiteRule, ...] = (
    duplicate_ip.RULE,
    duplicate_mac.RULE,
    address_outside_subnet.RULE,
    undeclared_address.RULE,
    unseen_address.RULE,
    retired_alive.RULE,
    static_in_pool.RULE,
    reservation_contradiction.RULE,
    tag_without_network.RULE,
    vlan_not_carried.RULE,
    cable_contradiction.RULE,
    target_unknown.RULE,
    target_stopped.RULE,
    port_claimed_twice.RULE,
    duplicate_name.RULE,
    certificate_expiry.RULE,
    over_commit.RULE,
    no_backup.RULE,
    inactive_storage.RULE,
)

RULES: Mapping[str, Rule] = {each.name: each.rule for each in ALL}
"""By name, as findings and the configuration have it."""


def check(join: Join) -> tuple[tuple[Claim, ...], dict[str, str]]:
    """What the rules say of a run, and which could not be checked in full, with the reason."""
    said: list[Claim] = []
    unchecked: dict[str, str] = {}
    facts = join.facts
    for each in ALL:
        doubt = facts.doubt(*filter(facts.has, each.needs))
        if doubt is not None:
            unchecked[each.name] = doubt
        if not all(map(facts.has, each.whole)) or facts.doubt(*each.whole) is not None:
            continue
        if not facts.listed(*each.listed):
            continue
        for claim in each.check(join):
            stale = next((key for key in _grounds(claim) if key in facts.site.as_of), None)
            if stale is None:
                said.append(claim)
            else:
                unchecked.setdefault(each.name, f"{stale} could not be read now")
    return tuple(said), unchecked


def _grounds(claim: Claim) -> tuple[Key, ...]:
    return (claim.key, *claim.related, *claim.grounds)
