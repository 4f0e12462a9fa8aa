"""A list of names that is empty or broken leaves what refers to it unread: nothing is drift because of it.

The true answers are changed on the wire, so that the lab itself works with whole rows.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from tests.collectors.unifi.example import findings, recorded
from tests.lab.client import trusting

Rows = list[Any]
CLASSIC = "/proxy/network/api/s/default/rest/"
V2 = "/proxy/network/v2/api/site/default/"
INTEGRATION = "/proxy/network/integration/v1/sites/{site}/"
LISTS = {
    "everything": [
        *(CLASSIC + each for each in ("usergroup", "dhcpoption", "dpiapp", "radiusprofile", "firewallgroup")),
        *(CLASSIC + each for each in ("portconf", "networkconf")),
        *(V2 + each for each in ("firewall/zone", "apgroups")),
        *(INTEGRATION + each for each in ("networks", "devices")),
    ],
    "integration": [
        INTEGRATION + each
        for each in (
            "networks", "firewall/zones", "traffic-matching-lists", "devices", "wans", "vpn/servers",
        )
    ],
}  # fmt: skip
"""What an API key opens → the lists of names that a run then reads."""


def in_turn(change: Callable[[dict[str, Any], str], Any]) -> Callable[[Rows, str], Iterator[Rows]]:
    """Answers in each of which one row is changed, or is another thing."""
    return lambda rows, key: ([*rows[:at], change(row, key), *rows[at + 1 :]] for at, row in enumerate(rows))


ANSWERS: dict[str, Callable[[Rows, str], Iterator[Rows]]] = {
    "empty": lambda _rows, _key: iter([[]]),
    "no objects": lambda _rows, _key: iter([[1, "x", None]]),
    "a row without a name": lambda _rows, key: iter([[{key: 5}]]),
    "null": in_turn(lambda _row, _key: None),
    "an odd id": in_turn(lambda row, key: {**row, key: ["x"]}),
    "no id": in_turn(lambda row, key: {name: value for name, value in row.items() if name != key}),
}
"""Name → the answers that are tried in place of the rows, whose key of the id is the second argument."""


@pytest.fixture(scope="module")
def lab():
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture(scope="module", params=LISTS)
def before(lab, request):
    """The record of a run with what a key opens."""
    lab.unifi.key_opens = request.param
    return recorded(lab)


def true_answer(lab: Lab, path: str) -> Any:
    headers = {"X-API-KEY": secrets_of(lab)["UNIFI_API_KEY"]}
    reply = trusting(lab.ca_file).request("GET", lab.served("unifi").url + path, headers=headers)
    return json.loads(reply.data)


def path_of(lab: Lab, pattern: str) -> str:
    sites = true_answer(lab, INTEGRATION.partition("/{site}")[0])["data"]
    return pattern.format(site=sites[0]["id"])


@pytest.mark.parametrize("answer", ANSWERS)
def test_nothing_is_drift_because_of_it(lab, before, answer):
    faults, drifted = lab.served("unifi").faults, []
    for pattern in LISTS[lab.unifi.key_opens]:
        path = path_of(lab, pattern)
        body = true_answer(lab, path)
        bare = isinstance(body, list)
        for rows in ANSWERS[answer](body if bare else body["data"], "id" if "/v1/" in path else "_id"):
            changed = rows if bare else {**body, "data": rows}
            fault = faults.answer(f"{path}*", 200, "OK", body=json.dumps(changed).encode())
            found = findings(lab, previous=before)
            faults.clear()
            assert fault.seen, f"{path} is not asked for"
            drifted += [f"{path}: {each.key}{each.path}" for each in found if each.type == "drifted"]
    assert drifted == []
