"""Lookups that several kinds share: the rights of the account, names of certificates and access lists."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from reconciler.collectors.http.identities import identified, list_rows
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.request_failed import RequestFailed
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.errors import Problem
from reconciler.model.host_name import host_name
from reconciler.model.listing import Listing
from reconciler.text import nfc

NpmListing = Listing[ApiRow, NpmContext]


@dataclass
class NpmLookups:
    """Answers that kinds need besides their own list; None where they could not be read."""

    api: NpmApi
    version: str | None

    @cached_property
    def context(self) -> NpmContext:
        """The context of hosts and streams."""
        return NpmContext(
            certificates=self._names("certificates", certificate_id),
            access_lists=self._names("access-lists", name_of),
            names_complete=self._names_complete,
            store_descriptions=self.api.settings.store_descriptions,
        )

    def _names(self, name: str, identity: Callable[[ApiRow], str | None]) -> Mapping[str, str] | None:
        try:
            rows = self.api.rows(name)
        except RequestFailed:
            return None
        if not all(map(identity, rows)):
            return None  # what refers to the list must not be read without that row
        found = identified(((identity(row), row) for row in rows), "id").rows
        return {str(row.get("id")): text for text, row in found.items()}

    @property
    def _names_complete(self) -> bool:
        lists = ("certificates", "access-lists")
        return not any(self.problem(name.replace("-", "_")) or self.api.doubt(name) for name in lists)

    def problem(self, section: str) -> Problem | None:
        """Return why a list may be incomplete: the account sees only its own items, or not this section."""
        facts = self.api.facts
        if facts.permissions.get(section) == "hidden" and not facts.admin:
            what = f"the account may not see {section.replace('_', ' ')}"
            return _hidden(what, "allow it to view them: Users, Permissions")
        if facts.visibility == "all":
            return None
        if facts.visibility is None:
            if facts.admin:
                return None
            what = "its permissions cannot be read (users/me), so what is not listed may be hidden"
            return Problem("", what, cause="may-be-hidden")
        return _hidden(
            "the account sees only its own items", "set its visibility to all items: Users, Permissions"
        )


def _hidden(what: str, remedy: str) -> Problem:
    return Problem("", what, remedy, "token-lacks-right")


def read_lookups(api: NpmApi) -> NpmLookups:
    """Return the lookups of a run; lists are read when a kind asks for them."""
    return NpmLookups(api, api.facts.version)


def name_of(row: ApiRow) -> str | None:
    """Return the id of an access list: its name."""
    return nfc(str(row.get("name") or "")).strip() or None


def certificate_id(row: ApiRow) -> str | None:
    """Return the id of a certificate: its names, in order, or else the name that was given to it."""
    names = row.get("domain_names")
    if isinstance(names, list) and names:
        return ",".join(sorted({host_name(str(name)) for name in names}))
    return nfc(str(row.get("nice_name") or "")).strip() or None


def listing(
    lookups: NpmLookups,
    section: str,
    rows: Iterable[tuple[str | None, ApiRow]],
    context: NpmContext,
    *,
    lacking: str,
    names: Callable[[ApiRow], tuple[str, ...]] = lambda _row: (),
) -> NpmListing:
    """Return the listing of a section; `lacking` names what a row without an id lacks.

    `names` returns the names that a row goes by, where these are more than its id.
    """
    kind = section.removesuffix("s").replace("_", "-")
    return list_rows(
        rows,
        "id",
        context,
        expected=lookups.api.expected.get(kind, ()),
        lacking=lacking,
        names=names,
        problem=lookups.problem(section) or lookups.api.doubt(section.replace("_", "-")),
    )
