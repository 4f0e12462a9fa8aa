"""The snapshot of a past run, of which the record keeps no observed values: what they show is not known.

Without this, a comparison would take a value that was not kept for one that is missing: an address that no
agent reports, a VLAN that no switch port carries.
"""

from dataclasses import replace

from reconciler.errors import Problem
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.resource import BASE_FIELDS, FieldClass, Resource
from reconciler.model.snapshot import Scope, Snapshot

_NOT_KEPT = Problem("", "observed values of past runs are not kept", cause="not-read")


def without_observed(snapshot: Snapshot, kinds: Kinds) -> Snapshot:
    """Return a snapshot whose observed fields are unread, except those that were recorded with it."""
    return replace(
        snapshot,
        scopes=tuple(_scope(scope, kinds[scope.source][scope.kind]) for scope in snapshot.scopes),
        resources={
            key: _resource(resource, kinds[key.source][key.kind])
            for key, resource in snapshot.resources.items()
        },
    )


def _scope(scope: Scope, kind: AnyKind) -> Scope:
    """Return the scope of a kind; of one that is only observed, nothing is listed."""
    if kind.field_class is FieldClass.CONFIG or scope.listed == "failed":
        return scope
    return scope.model_copy(update={"listed": "failed", "problem": _NOT_KEPT, "count": 0, "unread": {}})


def _resource(resource: Resource, kind: AnyKind) -> Resource:
    lost = kind.not_config - kind.policies - BASE_FIELDS - resource.model_fields_set
    if not lost:
        return resource
    return resource.model_copy(update={"unread": tuple(sorted({*lost, *(resource.unread or ())}))})
