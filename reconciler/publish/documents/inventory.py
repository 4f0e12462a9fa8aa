"""`/v1/inventory`: everything live, the drift report, one kind, and one resource."""

from typing import Annotated, Any

from pydantic import Field, GetPydanticSchema, WithJsonSchema
from pydantic_core import core_schema

from reconciler.errors import Problem
from reconciler.model.findings import Finding, RunOutcome
from reconciler.model.fix import Fix
from reconciler.model.key import Key
from reconciler.model.snapshot import SCHEMA_VERSION, Scope, by_kind
from reconciler.model.summary import Verdict
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import ResourceKey, Route
from reconciler.publish.documents.surroundings import (
    DiaryEntry,
    NamedResource,
    ResourcesWithin,
    surroundings,
)
from reconciler.publish.view import HEALTH, View

Fields = Annotated[
    dict[str, Any],
    GetPydanticSchema(lambda _source, _handler: core_schema.typed_dict_schema({})),
    WithJsonSchema(
        {
            "type": "object",
            "description": "Fields as in the schema of the kind (/v1/schemas/{kind}); untrusted text",
        }
    ),
]
"""The fields of a resource; they were checked by its kind when they were read.

As an object of which no field is named: so checking a document does not make values of them.
"""


class LiveRow(Value):
    """A resource as it was last read."""

    link: Route
    fields: Fields
    as_of: Timestamp | None = Field(
        None, description="Time of the earlier run that read it, if the last run could not"
    )


class Live(Value):
    """Everything live."""

    resources: dict[str, dict[str, dict[str, LiveRow]]] = Field(description="source → kind → id → resource")
    scopes: tuple[Scope, ...]


class FindingLinks(Value):
    """The routes of what a finding is about."""

    resource: Route | None = Field(description="null: nothing is known about the resource any more")
    life: Route | None = Field(
        description="Link to its life since it was first seen; null: not among the worst 2,000"
    )
    related: tuple[Route | None, ...] = Field(
        description="Link to each resource in `related`, in the same order"
    )
    used_by: tuple[Route | None, ...] = Field(
        description="Link to each resource in `used_by`, in the same order"
    )
    declared: str | None = Field(
        description="Web page of the line that declares it, in the commit of the run; null: not declared, "
        "or publish.repository is not configured"
    )
    edit: str | None = Field(description="Web page to edit the file with that line; null in the same cases")


class PublishedFinding(Finding):
    """A finding with its links and with what settles it."""

    fix: Fix | None = Field(
        None, description="How to resolve it; printed, never executed. Absent if resolved"
    )
    links: FindingLinks


class PublishedDrift(RunOutcome):
    """The drift report; the facts of its run are in the envelope and in `/v1/health`."""

    findings: tuple[PublishedFinding, ...]
    resolved: tuple[PublishedFinding, ...] = Field(
        (), description="Findings of the previous report that are resolved"
    )
    unconfirmed: tuple[PublishedFinding, ...] = Field(
        (), description="Earlier findings that this run could neither confirm nor resolve"
    )


class PublishedResource(Value):
    """One resource: its address, its verdict and its fields."""

    key: ResourceKey = Field(description="source/kind/id: identifies the resource in every document")
    source: str
    kind: str
    id: str
    title: str = Field(description="Name, or id if it has no name; untrusted text")
    link: Route
    verdict: Verdict | None = Field(description="null: inventory of a kind that is not declared here")
    managed: bool | None = Field(description="Whether it is declared; null: inventory")
    changed_at: Timestamp | None = Field(
        description="Time of the last change of its row, verdict or findings; null: before the record began"
    )
    fields: Fields | None = Field(description="null: declared or found earlier, but not live")
    as_of: Timestamp | None = Field(
        None, description="Time of the earlier run that read it, if the last run could not"
    )


class ResourceRow(PublishedResource):
    """One resource in a list."""

    finding_ids: tuple[str, ...]


class KindList(Value):
    """All resources of one kind, across sources."""

    kind: str
    scopes: tuple[Scope, ...] = Field(description="Read result of the kind, by source")
    resources: tuple[ResourceRow, ...] = Field(description="Sorted by key")


class ResourceDetail(PublishedResource):
    """One resource with its findings, and what the whole site shows of it."""

    findings: tuple[PublishedFinding, ...]
    addresses: tuple[str, ...] | None = Field(
        description="Configured or observed addresses; null: could not be evaluated"
    )
    portmap_names: tuple[str, ...] | None = Field(
        description="Names in /v1/portmap/joined whose path leads to or through it; null: could not be "
        "evaluated"
    )
    within: tuple[NamedResource, ...] = Field(
        description="Resources that it is on or in, or that it refers to"
    )
    holds: ResourcesWithin = Field(description="Resources that are on or in it, or that refer to it")
    diary: tuple[DiaryEntry, ...] = Field(description="At most 50 entries, newest first")


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
    entry = {name: value for name, value in view.entries[key].items() if name != "finding_ids"}
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": entry["changed_at"],
        "links": {"health": HEALTH, "list": view.lists[key.kind]},
        "data": {
            **entry,
            "findings": view.findings.get(key, []),
            **_of_site(view, key),
            **surroundings(view, key),
        },
    }


def _of_site(view: View, key: Key) -> Row:
    """Return what the whole site shows of a resource; nulls where that is not known."""
    by_resource = view.site.by_resource
    if isinstance(by_resource, Problem):
        return {"addresses": None, "portmap_names": None}
    return by_resource.get(key, {"addresses": [], "portmap_names": []})
