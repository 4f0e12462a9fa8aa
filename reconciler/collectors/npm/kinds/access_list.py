"""Access lists, by name: the addresses and users that may access the proxy hosts using a list.

Read from `/api/nginx/access-lists?expand=items,clients`, one call, which is shared with proxy hosts. Of the
users, only their number and a keyed fingerprint of their names and masked passwords are recorded. By hand:
`curl -H "Authorization: Bearer $TOKEN" 'http://HOST:81/api/nginx/access-lists?expand=items,clients'`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import redacted_in
from reconciler.collectors.http.values import is_nothing, objects_of, text_of, whole_number
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.collectors.npm.lookups import NpmListing, NpmLookups, listing, name_of
from reconciler.model.fields.addresses import block
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint, folded
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource
from reconciler.model.unread import mark_unread, read_into, read_together

_DIRECTIVES = ("allow", "deny")


def _client(text: str) -> str:
    directive, _, address = text.strip().partition(" ")
    if directive.lower() not in _DIRECTIVES or not address.strip() or " " in address.strip():
        message = "is not a client; write allow or deny and an address: allow 192.0.2.0/24, deny all"
        raise ValueError(message)
    return f"{directive.lower()} {block(address.strip().lower())}"


Clients = Annotated[
    tuple[Annotated[str, AfterValidator(_client)], ...],
    BeforeValidator(lambda value: value.splitlines() if isinstance(value, str) else value),
    Field(description="allow or deny with an address, a network or all; the first match applies"),
]


class AccessList(Resource):
    """An access list of client addresses and users."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    satisfy_any: Annotated[
        Flag,
        Field(
            description="Satisfy Any: an allowed address or a password is enough; otherwise both are needed"
        ),
    ] = False
    pass_auth: Annotated[Flag, Field(description="Pass Auth to Host: forward user name and password")] = False
    clients: Clients = ()
    users: Annotated[Count, Field(description="Number of users")] = 0
    logins: Annotated[
        SecretFingerprint,
        Field(description="User names and the masked passwords shown by the API; keyed fingerprint"),
    ] = NONE


_FIELDS = frozenset({"name", "satisfy_any", "pass_auth"})


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every access list that the account may see."""
    found = ((name_of(row), row) for row in api.rows("access-lists"))
    return listing(lookups, "access_lists", found, NpmContext(), lacking="name")


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> AccessList:
    """Make an access list of its row."""
    found: dict[str, Any] = {key: raw[key] for key in _FIELDS if not is_nothing(raw.get(key))}
    found["name"] = name_of(raw)
    found["unmodelled"] = ignored_fields("npm", "access-list").unmodelled(raw, _FIELDS, context.fingerprints)
    if "clients" in raw:
        read_into(found, "clients", lambda: [_rule(each) for each in _in_order(raw["clients"])])
    else:
        mark_unread(found, "clients")
    if "items" in raw:
        read_together(found, ("users", "logins"), lambda: _users(objects_of(raw["items"])))
    else:
        mark_unread(found, "users", "logins")
    return AccessList.of_row(found)


def _in_order(given: object) -> list[Mapping[str, Any]]:
    """Return clients in the order in which they were entered, which is that of their numbers."""
    return sorted(objects_of(given), key=lambda client: whole_number(client.get("id")) or 0)


def _rule(client: Mapping[str, Any]) -> str:
    return f"{text_of(client.get('directive') or 'allow')} {text_of(client.get('address') or '')}"


def _users(items: list[Mapping[str, Any]]) -> dict[str, Any]:
    each = [redacted_in([item.get("username"), item.get("hint")]) for item in items]
    marks = [folded(found) for found in each if found]
    return {"users": len(items), "logins": folded(marks) if marks else NONE}


def _cause(path: str) -> str | None:
    """Return the number of users for their logins: one that comes or goes changes both."""
    return "/users" if path == "/logins" else None


KIND = Kind(
    name="access-list",
    plural="access-lists",
    model=AccessList,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    follows=_cause,
)
