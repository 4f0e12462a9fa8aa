"""Of a past run, an observed value that was not kept is not known, and no rule takes it for missing."""

import json

from reconciler.jobs.past_run import without_observed
from reconciler.kinds import kinds_of
from reconciler.model.key import Key
from reconciler.model.snapshot import SCHEMA_VERSION, parse_snapshot
from tests.jobs.past import Past, guest
from tests.record.parts import at, run_of

WEB = Key("pve", "guest", "101")


def snapshot(past, rows, **listed):
    document = {
        "schema_version": SCHEMA_VERSION,
        "run": run_of(at(0)).model_dump(mode="json", exclude_none=True),
        "scopes": [
            {"source": source, "kind": kind, "listed": listed.get(kind, "complete"), "count": 1}
            for source, kind in (("pve", "guest"), ("unifi", "client"))
        ],
        "resources": {"pve": {"guest": {"101": rows}}},
    }
    kinds = kinds_of(past.config)
    found = parse_snapshot(json.dumps(document).encode(), kinds)
    return found, without_observed(found, kinds)


def test_observed_fields_are_unread_but_those_that_were_kept(tmp_path):
    row = {**guest(), "newest_backup": "2026-11-22T00:00:00Z", "unread": ["cores"]}
    before, after = snapshot(Past(tmp_path / "site"), row)
    unread = after.resources[WEB].unread
    assert {"addresses", "cores"} <= set(unread)
    assert "newest_backup" not in unread
    assert "memory" not in unread
    assert before.resources[WEB].unread == ("cores",)


def test_a_kind_that_is_only_observed_is_not_listed(tmp_path):
    _, after = snapshot(Past(tmp_path / "site"), guest())
    listed = {scope.kind: scope.listed for scope in after.scopes}
    assert listed == {"guest": "complete", "client": "failed"}
    _, after = snapshot(Past(tmp_path / "other"), guest(), client="failed")
    assert {scope.kind: scope.problem for scope in after.scopes}["client"] is None
