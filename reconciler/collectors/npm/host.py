"""What proxy hosts, redirections and streams have in common: names, certificate, health."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.npm.lookups import COMMON
from reconciler.model.fields import DomainNames, Flag, Text
from reconciler.model.kind import Health, Resource


class Secured(Resource):
    """A host with names and perhaps a certificate."""

    enabled: Flag = True
    domain_names: DomainNames = ()
    certificate: Annotated[
        Text | None, Field(description="Id of its certificate; none: plain HTTP alone")
    ] = None
    ssl_forced: Flag = False
    hsts_enabled: Flag = False
    hsts_subdomains: Flag = False
    http2_support: Annotated[Flag | None, Field(description="none: NPMplus, which always has it")] = None
    block_exploits: Annotated[Flag | None, Field(description="none: NPMplus, which has other ways")] = None


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")
"""What nginx quotes of a configuration, in which people write secrets."""
_FLAGS = "http2_support block_exploits caching_enabled allow_websocket_upgrade trust_forwarded_proto".split()


def defaults(row: Mapping[str, object]) -> dict[str, object]:
    """What is off unless said otherwise, in Nginx Proxy Manager; NPMplus has no such flags."""
    return {flag: False for flag in _FLAGS if row.get(flag) is not None}


def first_name(row: ApiRow) -> str | None:
    """The id of a host: its first name in the order of the wire."""
    names = row.get("domain_names")
    if not isinstance(names, list):
        return None
    texts = (name.strip().lower() for name in names if isinstance(name, str))
    return next(filter(None, texts), None)


def host_name(text: str) -> str:
    """The id of a host as desired state writes it."""
    name = text.strip().lower()
    if not name or "://" in name:
        message = "is no name of a host; write the first of its names, such as git.example.org"
        raise ValueError(message)
    return name


HostName = Annotated[str, AfterValidator(host_name)]


def is_nothing(value: object) -> bool:
    """Whether a server means nothing by it."""
    return value is None or value == ""


def plain(row: ApiRow, names: frozenset[str], ignored: Mapping[str, str]) -> dict[str, Any]:
    """What a row says under some names; the rest is unmodelled, by name. A stale certificate id is none."""
    found = {key: value for key, value in row.items() if key in names and not is_nothing(value)}
    known = names | ignored.keys() | COMMON.keys()
    found["unmodelled"] = sorted(key for key in row.keys() - known if not key.startswith("@"))
    found["health"] = health(row)
    return found


def name_certificate(found: dict[str, Any], row: ApiRow, key: str = "certificate_id") -> None:
    """Set the certificate by its name; unread where it may only be hidden."""
    number = row.get(key)
    if is_nothing(number) or str(number) in {"0", "new"}:
        return
    named(found, "certificate" if key == "certificate_id" else "mtls_certificate", [number], row, many=False)


def named(found: dict[str, Any], field: str, ids: list[Any], row: ApiRow, *, many: bool) -> None:
    """Set a field to the names of ids; unread where the list of names is, or may lack one of them."""
    names: Mapping[str, str] | None = row.get("@access_lists" if field == "access_lists" else "@certificates")
    known = names or {}
    if names is None or (not row.get("@whole", True) and not all(str(each) in known for each in ids)):
        found["unread"] = sorted({*found.get("unread", ()), field})
        return
    texts = [known.get(str(each), f"id {each}") for each in ids]
    found[field] = texts if many else texts[0]


def health(row: ApiRow) -> Health | None:
    """What nginx made of it: online or not, and why not."""
    if str(row.get("enabled", True)).lower() in {"false", "0"}:
        return Health(state="stopped", reason="it is disabled")
    meta = row.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    online = row.get("npmplus_nginx_online", meta.get("nginx_online"))
    error = row.get("npmplus_nginx_err") or meta.get("nginx_err")
    if is_nothing(online):
        return None
    if str(online).lower() in {"true", "1"}:
        return Health(state="healthy")
    first = _QUOTED.sub("…", " ".join(str(error or "").split()))[:200]
    return Health(state="degraded", reason=f"nginx does not take it: {first or 'no reason is told'}")
