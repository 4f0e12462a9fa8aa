"""An answer that is not as documented, at any path of a run, makes nothing drift, missing or deleted."""

import pytest

from tests.collectors.one_cause import LabSource

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
