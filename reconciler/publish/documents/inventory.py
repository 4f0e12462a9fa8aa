"""`/v1/inventory`: everything live, the drift report, one kind, and one resource."""

from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.snapshot import SCHEMA_VERSION, by_kind
from reconciler.model.value import Row
from reconciler.publish.view import HEALTH, View


def live(view: View) -> Row:
    """Return everything live, by source and kind, with the rows that an earlier run read last."""
    rows: dict[Key, Row] = {}
    for key, entry in view.entries.items():
        if entry["fields"] is not None:
            rows[key] = {name: entry[name] for name in ("link", "fields", "as_of") if name in entry}
    return {"resources": by_kind(rows), "scopes": view.report["scopes"]}


def drift(view: View) -> Row:
    """Return the drift report; the facts of its run are in the envelope and in /v1/health."""
    return {name: value for name, value in view.report.items() if name not in {"schema_version", "run"}}


def kind_list(view: View, kind: str) -> Row:
    """Return one kind across sources."""
    scopes = view.report["scopes"]
    assert isinstance(scopes, list)
    own = [scope for scope in scopes if scope["kind"] == kind]
    data = {"kind": kind, "scopes": own, "resources": view.by_kind.get(kind, [])}
    return view.stamped(data, [scope["source"] for scope in own])


def resource(view: View, key: Key) -> Row:
    """Return one resource with its findings; without run facts: its bytes change only when it does."""
    entry = view.entries[key]
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": entry["changed_at"],
        "links": {"health": HEALTH, "list": view.lists[key.kind]},
        "data": {**entry, "findings": view.findings.get(key, []), **_of_site(view, key)},
    }


def _of_site(view: View, key: Key) -> Row:
    """Return what the whole site shows of a resource; nulls where that is not known."""
    by_resource = view.site.by_resource
    if isinstance(by_resource, Problem):
        return {"addresses": None, "portmap": None}
    return by_resource.get(key, {})
