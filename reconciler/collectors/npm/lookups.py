"""What several kinds share: what the account may see, and the names of certificates and access lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from reconciler.collectors.http.payload import ApiRow, identified, left_out, nameless_may_be, tie_of
from reconciler.collectors.http.request_failed import RequestFailed
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.errors import Problem
from reconciler.model.kind import Listing

COMMON: Mapping[str, str] = {
    **dict.fromkeys(("id", "created_on", "modified_on"), "is the server's own bookkeeping"),
    **dict.fromkeys(("owner_user_id", "owner", "is_deleted"), "is the server's own bookkeeping"),
    "certificate": "is read as certificate",
    "certificate_id": "is read as certificate",
    "meta": "holds what nginx said, which is health, and tokens",
    "npmplus_nginx_online": "is health",
    "npmplus_nginx_err": "is health",
}
"""Keys that no model of a host reads as such, with the reason."""


@dataclass
class NpmLookups:
    """What kinds ask of a server besides their own list; None where it could not be read."""

    api: NpmApi
    version: str | None

    @cached_property
    def certificates(self) -> Mapping[str, str] | None:
        """The certificates by id, as their resources are called."""
        try:
            return self._names("certificates", certificate_id)
        except RequestFailed:
            return None

    @cached_property
    def access_lists(self) -> Mapping[str, str] | None:
        """The names of access lists by id."""
        try:
            return self._names("access-lists", lambda row: str(row.get("name") or "") or None)
        except RequestFailed:
            return None

    def _names(self, name: str, identity: Any) -> dict[str, str]:
        found, _, _ = identified((identity(row), tie_of(row, "id"), row) for row in self.api.rows(name))
        return {str(row.get("id")): text for text, row in found.items()}

    @property
    def whole(self) -> bool:
        """Whether an id that neither list has stands for nothing; else it may only be hidden."""
        lists = ("certificates", "access-lists")
        doubts = (self.doubt(name.replace("-", "_")) or self.api.doubt(name) for name in lists)
        return not any(doubts)

    def doubt(self, section: str) -> Problem | None:
        """Why a list may lack what is there: the account sees only what it owns, or not this section."""
        facts = self.api.facts
        if facts.permissions.get(section) == "hidden" and not facts.admin:
            what = f"the account may not see {section.replace('_', ' ')}"
            return _hidden(what, "let it view them: Users, Permissions")
        if facts.visibility == "all":
            return None
        if facts.visibility is None:
            if facts.admin:
                return None
            what = "its permissions cannot be read (users/me), so what is not listed may be hidden"
            return Problem("", what, cause="may-be-hidden")
        return _hidden(
            "the account sees only what it owns", "set its visibility to all items: Users, Permissions"
        )


def _hidden(what: str, remedy: str) -> Problem:
    return Problem("", what, remedy, "token-lacks-right")


def read_lookups(api: NpmApi) -> NpmLookups:
    """What the login told."""
    return NpmLookups(api, api.facts.version)


def certificate_id(row: ApiRow) -> str | None:
    """The id of a certificate: its names, in order; or what somebody called it."""
    names = row.get("domain_names")
    if isinstance(names, list) and names:
        return ",".join(sorted(str(name).strip().lower() for name in names))
    return str(row.get("nice_name") or "").strip() or None


def listing(
    lookups: NpmLookups, section: str, rows: Iterable[tuple[str | None, ApiRow]], what: str
) -> Listing:
    """Rows by their ids; `what` names what a row lacks that has none."""
    found, shared, nameless = identified((identity, tie_of(row, "id"), row) for identity, row in rows)
    kind = section.removesuffix("s").replace("_", "-")
    expected = lookups.api.expected.get(kind, ())
    problem = lookups.doubt(section) or lookups.api.doubt(section.replace("_", "-"))
    problem = problem or nameless_may_be(expected, found, nameless, what)
    return Listing(
        found,
        "partial" if problem else "complete",
        problem,
        ambiguous=shared,
        notes=left_out(nameless, what),
    )
