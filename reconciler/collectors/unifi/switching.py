"""Lists that only the integration API has: which of them a site can show, and the names behind its ids."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import list_of, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.networks import name
from reconciler.errors import Problem
from reconciler.model.fields.ethernet import mac_address
from reconciler.model.fingerprint import RowContext

ACL_RULES = Read("integration", "acl-rules")


@dataclass(frozen=True, slots=True)
class SwitchingContext(RowContext):
    """The names behind ids of the integration API; None where they could not be read, or are not needed."""

    networks: Mapping[str, str] | None = None
    devices: Mapping[str, str] | None = None
    """Id → MAC address."""
    store_descriptions: bool = False


_NO_API = "only the integration API has this list, and it does not answer"


def rows_of(api: UnifiApi, kind: str, *reads: Read) -> tuple[list[ApiRow], Problem | None]:
    """Return the rows of some lists together, and why they may not be all.

    Without an API key, and from releases before these lists, nothing is listed: that is a problem only where
    some rows are expected. Raises `UnifiRequestFailed` for other failures.
    """
    expected = api.expected.get(kind)
    if api.facts.integration is None:
        if api.settings.api_key is not None and api.facts.console:
            raise UnifiRequestFailed(api.settings.host, reads[0].path, None, _NO_API)
        problem = Problem("", _NO_API, "also set api_key", "not-supported")
        return [], problem if expected else None
    found: list[ApiRow] = []
    doubt: Problem | None = None
    for read in reads:
        try:
            found += api.rows(read)
        except UnifiRequestFailed as failure:
            if not failure.absent:
                raise
            doubt = failure.problem if expected else doubt
        else:
            doubt = doubt or api.doubt(read)
    return found, doubt


def names_of(api: UnifiApi, path: str) -> Mapping[str, str] | None:
    """Return the names in a list of the integration API by id.

    None where not all of them can be read: what refers to them must not be read without it.
    """
    return _by_id(api, Read("integration", path), name)


def macs_of(api: UnifiApi) -> Mapping[str, str] | None:
    """Return the MAC addresses of devices by id; None where not all of them can be read."""
    return _by_id(api, Read("integration", "devices"), lambda row: mac_address(row.get("macAddress")))


def _by_id(api: UnifiApi, read: Read, of_row: Callable[[ApiRow], str | None]) -> Mapping[str, str] | None:
    try:
        rows = api.rows(read)
    except UnifiRequestFailed:
        return None
    known = {identity: of_row(row) for row in rows if isinstance(identity := row.get("id"), str)}
    found = {identity: word for identity, word in known.items() if word is not None}
    return found if found and len(found) == len(rows) and not api.doubt(read) else None


def named(ids: object, table: Mapping[str, str] | None) -> list[str]:
    """Return the names that ids stand for; an id that no list has stays as it is.

    Raises `ValueError` for what cannot be an id.
    """
    return [(table or {}).get(each, f"id {each}") for each in map(text_of, list_of(ids))]
