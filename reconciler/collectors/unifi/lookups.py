"""Lookups that several kinds share, read once: the facts of the controller, the names behind its ids."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import list_of, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.matching_lists import LISTS as MATCHING_LISTS
from reconciler.collectors.unifi.integration.networks import NETWORKS as INTEGRATION_NETWORKS
from reconciler.collectors.unifi.integration.rows import ZONES as INTEGRATION_ZONES
from reconciler.collectors.unifi.integration.substitute import Substitute, Substituted, substitute
from reconciler.collectors.unifi.networks import NetworkRef, is_known, name, table
from reconciler.errors import Problem

NETWORKS = Read("classic", "rest/networkconf")
ZONES = Read("v2", "firewall/zone")
DEVICES = Read("classic", "stat/device")
PROFILES = Read("classic", "rest/portconf")
GROUPS = Read("classic", "rest/firewallgroup")
AP_GROUPS = Read("v2", "apgroups")
CLIENT_GROUPS = Read("classic", "rest/usergroup")
DHCP_OPTIONS = Read("classic", "rest/dhcpoption")
FEATURES = Read("v2", "site-feature-migration")


@dataclass
class UnifiLookups:
    """Answers that kinds need besides their own list; None where they could not be read."""

    api: UnifiApi
    version: str | None
    _tables: dict[Read, Mapping[str, str] | None] = field(default_factory=dict)
    _substituted: dict[Read, Substituted] = field(default_factory=dict)

    @cached_property
    def networks(self) -> Mapping[str, NetworkRef] | None:
        """The networks by id."""
        try:
            rows = self.network_rows()
        except UnifiRequestFailed:
            return None
        return None if self._doubted(NETWORKS, INTEGRATION_NETWORKS) else table(rows)

    def network_rows(self) -> list[ApiRow]:
        """Return the list of networks, from whichever API has it; raises `UnifiRequestFailed`."""
        return self.rows(NETWORKS, INTEGRATION_NETWORKS)

    def rows(self, read: Read, instead: Substitute) -> list[ApiRow]:
        """Return a list of the classic or v2 API, or its substitute; raises `UnifiRequestFailed`."""
        if self.api.facts.classic is None:
            return self.api.rows(read)
        return self.substituted(instead).rows

    def substituted(self, instead: Substitute) -> Substituted:
        """Return what stands for a list in the integration API; raises `UnifiRequestFailed`."""
        if instead.read not in self._substituted:
            self._substituted[instead.read] = substitute(self.api, instead)
        return self._substituted[instead.read]

    def read_of(self, read: Read, instead: Substitute) -> Read:
        """Return the list that `rows` reads."""
        return read if self.api.facts.classic is None else instead.read

    def lacking(self, instead: Substitute, fields: frozenset[str]) -> dict[str, tuple[str, ...]]:
        """Return the fields of a kind that each row lacks which `rows` reads, by its `_id`."""
        return {} if self.api.facts.classic is None else self.substituted(instead).lacking(fields)

    def problem(self, instead: Substitute) -> Problem | None:
        """Return why the list that `rows` reads may not be all, where it stands for another."""
        return None if self.api.facts.classic is None else self.substituted(instead).problem

    def _doubted(self, read: Read, instead: Substitute) -> bool:
        """Check whether the list that `rows` reads may lack some: what refers to those must not be read."""
        return self.api.doubt(self.read_of(read, instead)) is not None

    @cached_property
    def zones(self) -> Mapping[str, str] | None:
        """The names of firewall zones by id; empty where the site has none."""
        if self.api.facts.zone_based is None and self.api.facts.classic is None:
            return None
        if self.api.facts.zone_based is False:
            return {}
        try:
            rows = self.rows(ZONES, INTEGRATION_ZONES)
        except UnifiRequestFailed:
            return None
        if self._doubted(ZONES, INTEGRATION_ZONES):
            return None
        has_zones = bool(rows) or self.api.facts.zone_based is True
        return names_by_id(rows) if has_zones else {}

    @cached_property
    def zone_of(self) -> Mapping[str, str] | None:
        """The id of the zone of each network by its id, as zones list them; None where they are unread."""
        if self.zones is None:
            return None
        rows = self.rows(ZONES, INTEGRATION_ZONES) if self.zones else ()
        try:
            return {
                text_of(network): str(row["_id"])
                for row in rows
                for network in list_of(row.get("network_ids"))
                if row.get("_id")
            }
        except ValueError:
            return None

    def names(self, path: str, api: str = "classic") -> Mapping[str, str] | None:
        """Return the names in a list by id; None where it cannot be read."""
        read = Read("v2" if api == "v2" else "classic", path)
        if read not in self._tables:
            try:
                rows = self.classic(read)
                self._tables[read] = None if self.api.doubt(read) else names_by_id(rows)
            except UnifiRequestFailed:
                self._tables[read] = None
        return self._tables[read]

    @cached_property
    def groups(self) -> Mapping[str, str] | None:
        """The names of groups of addresses and ports of the firewall by id."""
        if self.api.facts.classic is None:
            return self.names(GROUPS.path)
        try:
            rows = self.substituted(MATCHING_LISTS).rows
        except UnifiRequestFailed:
            return None
        return None if self._doubted(GROUPS, MATCHING_LISTS) else names_by_id(rows)

    def classic(self, read: Read) -> list[ApiRow]:
        """Return a list that the integration API does not have; raises `UnifiRequestFailed`."""
        if self.api.facts.classic is not None:
            raise only_classic(self.api.facts.classic, read)
        return self.api.rows(read)

    def classic_if_known(self, read: Read, kind: str) -> list[ApiRow]:
        """Return such a list that older releases lack: it is then empty, unless some are expected.

        Raises `UnifiRequestFailed`.
        """
        try:
            return self.classic(read)
        except UnifiRequestFailed as failure:
            if failure.absent and not self.api.expected.get(kind):
                return []
            raise


def only_classic(failure: UnifiRequestFailed, read: Read) -> UnifiRequestFailed:
    """Return why a list cannot be read that the API key does not open."""
    host = failure.problems[0].subject
    reason = f"the API key opens only the integration API, which has no such list ({failure.summary})"
    remedy = "also set username and password of a local account"
    return UnifiRequestFailed(host, read.path, None, reason, remedy, "not-supported")


def names_by_id(rows: list[ApiRow]) -> dict[str, str] | None:
    """Return the names behind the ids in other rows.

    None where there are no rows or one of them has no name or no id: what refers to them must not be read
    without it.
    """
    if not rows or not all(map(is_known, rows)):
        return None
    found = identified(((name(row), row) for row in rows), "_id").rows
    return {str(row.get("_id")): identity for identity, row in found.items()}


def read_lookups(api: UnifiApi) -> UnifiLookups:
    """Return the lookups of a run; lists are read when a kind asks for them."""
    return UnifiLookups(api, api.facts.version)
