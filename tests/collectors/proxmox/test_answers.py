"""An answer that is not as documented, at any path of a run, makes nothing drift, missing or deleted."""

import orjson
import pytest

from reconciler.collectors.proxmox.connection.api import by_key
from tests.collectors.one_cause import LabSource
from tests.lab.client import connect

CORE = ("/cluster/resources", "/cluster/status", "/nodes", "/access/permissions", "/version")
"""Paths that a run asks for before all others."""
GROUPS = ("/access/*", "/cluster/*", "/nodes/*", "/pools*", "/storage*")
BODIES = {"null": b"null", "text": b'"x"', "a list of null": b"[null]", "a list of nothing": b"[{}]"}
NOT_WHOLE = (
    "/access/domains/*", "/access/tfa", "/cluster/metrics/server/*", "/cluster/notifications/endpoints/*",
    "/nodes/*/hosts", "/nodes/*/time",
)  # fmt: skip
"""Paths of which each answer has something: an empty object is none of them."""
CASES = [(path, 200, body) for path in (*CORE, *GROUPS) for body in BODIES]
CASES += [(path, status, "null") for path in GROUPS for status in (403, 404, 500, 501)]
CASES += [(path, 200, "{}") for path in NOT_WHOLE]


@pytest.mark.parametrize(("path", "status", "body"), CASES)
def test_nothing_is_drift_missing_or_deleted(source: LabSource, before, path, status, body):
    data = BODIES.get(body, body.encode())
    fault = source.lab.faults.answer(path, status, "no", body=b'{"data":' + data + b"}")
    try:
        found = source.run(before).report
    finally:
        source.lab.faults.clear()
    assert fault.seen, "no request of a run is answered so"
    known = {each.id for each in before.report.findings}
    new = [each for each in found.findings if each.id not in known and each.cause is None]
    assert [f"{each.key}{each.path}" for each in new if each.type in {"drifted", "missing", "internal"}] == []
    assert [f"{each.what} {each.key}" for each in found.events if each.what != "unread-changed"] == []


LISTS = {
    "/access/acl": "path ugid roleid type",
    "/access/domains": "realm",
    "/access/groups": "groupid",
    "/access/roles": "roleid",
    "/access/tfa": "userid",
    "/access/users": "userid",
    "/cluster/backup": "id",
    "/cluster/firewall/aliases": "name",
    "/cluster/firewall/groups": "group",
    "/cluster/firewall/ipset": "name",
    "/cluster/ha/resources": "sid",
    "/cluster/metrics/server": "id",
    "/cluster/notifications/matchers": "name",
    "/cluster/notifications/targets": "name",
    "/cluster/replication": "id",
    "/cluster/sdn/vnets": "vnet",
    "/cluster/sdn/zones": "zone",
    "/nodes/r630-01/network": "iface",
    "/pools": "poolid",
    "/storage": "storage",
}
"""Path of a list → the keys that identify its rows."""


@pytest.mark.parametrize("path", LISTS)
def test_of_two_rows_with_one_id_none_counts(source: LabSource, before, path):
    with connect(source.lab) as client:
        answer = client.get(path).json
    rows, own = answer["data"], LISTS[path].split()
    others = [{name: row[name] if name in own else 7 for name in row} for row in rows]
    assert any(row != other for row, other in zip(rows, others, strict=True))
    twice = orjson.dumps({**answer, "data": [*rows, *others]})
    fault = source.lab.faults.answer(path, 200, "OK", body=twice)
    try:
        found = source.run(before).report
    finally:
        source.lab.faults.clear()
    assert rows
    assert fault.seen, "no request of a run is answered so"
    known = {each.id for each in before.report.findings}
    new = [each for each in found.findings if each.id not in known and each.cause is None]
    assert {each.type for each in new} <= {"unverified"}
    assert found.events == ()


def test_a_row_that_is_listed_twice_as_it_is_counts():
    row = {"poolid": "a", "comment": "x"}
    assert by_key([row, dict(row)], "poolid") == ({"a": row}, None)
    found, problem = by_key([row, {"poolid": "a"}, {"poolid": "b"}, {}], "poolid")
    assert list(found) == ["b"]
    assert (
        str(problem) == '1 row of the answer has no poolid and several rows of the answer have the poolid "a"'
    )
