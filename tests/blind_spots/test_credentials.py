"""The user and the query of an address are in no row, and a change of them shows."""

import json
import re
from functools import partial
from typing import Any

import pytest

from reconciler.collectors.http.credentials import _HOSTS
from reconciler.collectors.http.payload import parse
from tests.blind_spots.place import Place
from tests.blind_spots.test_unknown_items import changed, places, rows, texts

MARKER = "m4rk3r"
WHOLE = "https://user:{0}@host.test/path?token={0}#{0}"
WITHOUT_SCHEME = ("user:{0}@host.test", "{0}@host.test", "host.test?token={0}", "user:{0}@host.test/a?b={0}")


def strings(value: Any, at: tuple[Any, ...] = ()) -> Any:
    """The places of the texts in a row."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from strings(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from strings(each, (*at, number))
    elif isinstance(value, str):
        yield at


def addresses(place: Place) -> Any:
    """Rows with an address in the place of a text, by where it is; the address has a hole."""
    seen = set()
    for _name, row in rows(place):
        for at in strings(row):
            where = tuple("[]" if isinstance(step, int) else step for step in at)
            if where in seen:
                continue
            seen.add(where)
            key = next((step for step in reversed(at) if isinstance(step, str)), "")
            for text in (WHOLE, *(WITHOUT_SCHEME if _HOSTS.fullmatch(key) else ())):
                yield "/".join(map(str, where)), text, changed(row, at, partial(_instead, text))


def _instead(text: str, _value: Any) -> str:
    return text


def read(place: Place, row: Any, word: str) -> dict[str, Any]:
    """What is read of a row through the parser of answers."""
    answer = parse(json.dumps(row).replace("{0}", word).encode())
    found = place.read(answer)
    rows_of = {key.id: each.model_dump(mode="json") for key, each in found.resources.items()}
    return {"rows": rows_of, "scopes": [scope.model_dump(mode="json") for scope in found.scopes]}


@pytest.mark.parametrize("name", places())
def test_credentials_are_in_nothing_that_is_read(name):
    place = places()[name]
    for where, text, row in addresses(place):
        found = read(place, row, MARKER)
        leaks = [each for each in texts(found) if MARKER in each.casefold()]
        assert not leaks, (where, text, leaks)


FIELDS = (
    *(("proxmox", kind) for kind in ("guest", "storage", "cluster", "sdn-zone", "node-network")),
    *(("unifi", kind) for kind in ("network", "wlan", "port-forward", "device")),
    *(("npm", kind) for kind in ("proxy-host", "redirection-host", "stream")),
)
"""The kinds with addresses of servers."""
NOT_AN_ADDRESS = re.compile(
    r"(?:.*_id|id|.*_ids/\[\]|comments?6?|description|\w+_description|note|name|zone|key|.*nginx_err|domain_names/.*"
    r"|options6?/\[\]|pending/.*|secondary-controllers/.*|locations/\[\]/(?:path|location_type)|mac_filter_policy"
    r"|schedule.*|wlan_bands.*|destination_ips.*)"
)
"""Ids, notes (stored only on request), and lists of words."""


SHOWN_NOWHERE = frozenset(
    {"proxmox 9.2 /cluster/resources", "proxmox 8.4.5 /cluster/resources", "proxmox 8.4.5 /cluster/options"}
)
"""Places of these kinds in which no text is read as an address."""


@pytest.mark.parametrize(
    "name",
    [name for name, each in places().items() if (each.system, each.kind) in FIELDS and not each.status],
)
def test_a_change_of_credentials_shows_where_the_address_does(name):
    place, tried = places()[name], 0
    for where, text, row in addresses(place):
        before, after = read(place, row, "one"), read(place, row, "other")
        shown = any("***" in each for each in texts(before["rows"]))
        if shown and not NOT_AN_ADDRESS.fullmatch(where):
            tried += 1
            assert before != after, (where, text)
    assert (tried == 0) is (name in SHOWN_NOWHERE)


def test_texts_that_hold_no_address_stay():
    row = {"userid": "root@pam", "mail": "ops@example.org", "forward_host": "10.0.0.5", "note": "a?b#c"}
    assert parse(json.dumps(row).encode()) == row
