"""The firewall policies of a site by their ids, for the kinds of policies and of their order.

Which list has them depends on the site's migration and on the APIs that the key opens. Policies that the
controller made itself are apart; they divide those of a zone pair in two: before them, and after.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, whole_number
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.policies import POLICIES as INSTEAD
from reconciler.collectors.unifi.integration.policies import orders
from reconciler.collectors.unifi.lookups import FEATURES, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import is_on, name_of
from reconciler.errors import Problem

POLICIES = Read("v2", "firewall-policies")
RULES = Read("classic", "rest/firewallrule")
AFTER = "after_predefined"
"""The key that is added to a row that stands after the controller's own."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of a site, and how far their list can be trusted."""

    read: Read
    rows: tuple[ApiRow, ...]
    zones: Mapping[str, str] | None
    """Names of zones by id; None where they could not be read, and so no policy has an id."""
    problem: Problem | None = None
    edited: tuple[ApiRow, ...] = ()
    """Those of the controller's own that a person changed; they are in no order of ours."""
    places: Mapping[str, int] = field(default_factory=dict)
    """`_id` → place in the order of its pair, where that is a list of its own."""

    @property
    def identified(self) -> Iterator[tuple[str | None, ApiRow]]:
        """Each policy with its id; none without zones."""
        if self.zones is not None:
            yield from ((identity(row, self.zones), row) for row in self.rows)

    @property
    def all_identified(self) -> Iterator[tuple[str | None, ApiRow]]:
        """Each policy with its id, also those of the controller's own that a person changed."""
        if self.zones is not None:
            yield from ((identity(row, self.zones), row) for row in (*self.rows, *self.edited))

    def place(self, row: ApiRow) -> int:
        """Return the place of a policy in the order of its pair."""
        return self.places.get(str(row.get("_id")), place(row))


def read_policies(api: UnifiApi, lookups: UnifiLookups) -> Policies:
    """Read the policies of whichever firewall the site has; raises `UnifiRequestFailed`.

    Nothing is proved where it is not known which firewall that is.
    """
    if api.facts.classic is not None:
        return _substituted(api, lookups)
    engine = api.facts.zone_based
    if engine is None:
        raise UnifiRequestFailed(api.settings.host, FEATURES.path, None, api.facts.engine)
    read = POLICIES if engine else RULES
    rows = lookups.classic(read)
    return _policies(
        read,
        _placed(rows) if engine else [_placed_rule(row) for row in rows],
        lookups.zones if engine else {},
        None,
        {},
    )


def _substituted(api: UnifiApi, lookups: UnifiLookups) -> Policies:
    found = lookups.substituted(INSTEAD)
    places, after = orders(api, found.rows)
    rows = [{**row, AFTER: True} if str(row["_id"]) in after else row for row in found.rows]
    return _policies(INSTEAD.read, rows, lookups.zones, found.problem or _no_zones(lookups), places)


def _no_zones(lookups: UnifiLookups) -> Problem | None:
    """Return why policies may be missing: a site without zones has the older firewall."""
    if lookups.zones != {}:
        return None
    what = "the site has no zones, and the integration API has no list of the older firewall's rules"
    return Problem("", what, "also set username and password of a local account", "not-supported")


def _policies(
    read: Read,
    rows: Iterable[ApiRow],
    zones: Mapping[str, str] | None,
    problem: Problem | None,
    places: Mapping[str, int],
) -> Policies:
    rows = tuple(rows)
    own = tuple(row for row in rows if not is_on(row, "predefined"))
    edited = tuple(row for row in rows if is_on(row, "predefined") and _is_edited(row))
    if zones is None and (own or edited):
        what = "the list of zones cannot be read, so policies have no ids"
        problem = Problem("", what, cause="request-failed")
    return Policies(read, own, zones, problem, edited, places)


def _is_edited(row: ApiRow) -> bool:
    """Return whether a person changed a policy of the controller's own.

    What the controller made of a port forward or a network is as that is set.
    """
    schedule = row.get("schedule")
    mode = schedule.get("mode") if isinstance(schedule, dict) else None
    return (
        is_nothing(row.get("origin_type"))
        and is_nothing(row.get("origin_id"))
        and (not is_on(row, "enabled", default=True) or is_on(row, "logging") or mode not in {None, "ALWAYS"})
    )


def pair(row: ApiRow, zones: Mapping[str, str]) -> str | None:
    """Return the zones that a policy is between: `from:to`; the rule set of a rule of the older firewall."""
    if "ruleset" in row:
        return str(row["ruleset"])
    if not all(isinstance(row.get(side, {}), dict) for side in ("source", "destination")):
        return None
    try:
        ends = [
            name_of(end["zone_id"], zones) if isinstance(end, dict) and end.get("zone_id") else "any"
            for end in (row.get("source"), row.get("destination"))
        ]
    except ValueError:
        return None
    return ":".join(ends)


def identity(row: ApiRow, zones: Mapping[str, str]) -> str | None:
    """Return the id of a policy; None where it has no name, or its ends cannot be read."""
    title, ends = name(row), pair(row, zones)
    return f"{ends}:{title}" if title is not None and ends is not None else None


def place(row: ApiRow) -> int:
    """Return the place of a policy in the order of its pair."""
    return whole_number(row.get("rule_index" if "ruleset" in row else "index")) or 0


def _ends(row: ApiRow) -> tuple[str | None, str | None]:
    source, destination = row.get("source"), row.get("destination")
    return (
        str(source.get("zone_id")) if isinstance(source, dict) else None,
        str(destination.get("zone_id")) if isinstance(destination, dict) else None,
    )


def _placed(rows: Iterable[ApiRow]) -> list[ApiRow]:
    """Return rows with a mark on those that stand after the first of the controller's own of their pair."""
    rows = list(rows)
    first: dict[tuple[str | None, str | None], int] = {}
    for row in rows:
        if is_on(row, "predefined"):
            first[_ends(row)] = min(place(row), first.get(_ends(row), place(row)))
    return [
        {**row, AFTER: True}
        if not is_on(row, "predefined") and _ends(row) in first and place(row) > first[_ends(row)]
        else row
        for row in rows
    ]


def _placed_rule(row: ApiRow) -> ApiRow:
    """Return a rule of the older firewall: those after the controller's own have numbers from 4000."""
    return {**row, AFTER: True} if str(place(row)).startswith("4") else row
