"""`/v1/collector-contract`: what is read of each source, how often, and what follows where it cannot be."""

import re
import sys
from collections.abc import Sequence
from itertools import pairwise

from pydantic import Field

from reconciler.model.kind import AnyKind
from reconciler.model.listing import Listed
from reconciler.model.snapshot import Scope
from reconciler.model.value import Row, Timestamp, Value, timestamp
from reconciler.publish.documents.envelope import Route
from reconciler.publish.documents.fixed import SCHEMAS
from reconciler.publish.documents.history_days import median
from reconciler.publish.view import HEALTH, View

ON_FAILURE = (
    "If something cannot be read, its last known state is kept, with `as_of`, and its "
    "resources are unverified. Only a complete list can show that a resource is missing."
)
_READ_FROM = re.compile(r"Read from (.+?)\.(?:\s|$)")
_BY_HAND = re.compile(r"By hand: (.+?)\.(?:\s|$)")
_ENDPOINT = re.compile(r"API's `([^`]+)`|`([^`]*/[^`]*)`")
"""Of the v2 and the integration API of a controller, a path may be one word."""


class ContractKind(Value):
    """One kind of a source."""

    kind: str
    link: Route | None = Field(description="Link to its list; null: this release has no list")
    schema_link: Route = Field(alias="schema", description="JSON Schema of its fields")
    endpoints: tuple[str, ...] = Field(
        description="API paths that are read, below the root of the API; words in capitals are placeholders"
    )
    read_from: str = Field(description="The same as text, with conditions")
    by_hand: str | None = Field(description="Command to read the same data by hand")
    declarable: bool = Field(description="Whether the kind can be declared in desired state")
    listed: Listed = Field(description="Completeness of the list in the last run")


class ContractSource(Value):
    """One source."""

    system: str = Field(description="proxmox, unifi or npm")
    version: str | None = Field(description="Version last reported by the API; null: not known")
    last_success: Timestamp | None = Field(description="null: never read")
    stale_after: Timestamp | None = Field(description="null: never read")
    kinds: tuple[ContractKind, ...] = Field(description="Kinds, in the order in which the last run read them")


class ContractLinks(Value):
    """The routes that belong to it."""

    health: Route = Field(description="Reason why something was not read")


class CollectorContract(Value):
    """The agreement between what collects and what reads the documents."""

    version: str = Field(description="Version of the tool that collected the data")
    fresh_seconds: int = Field(description="Time from reading a source until its data are stale")
    usual_seconds: int | None = Field(
        description="Median time between recent runs; null if there was only one"
    )
    on_failure: str = Field(description="Consequences if a source or a list cannot be read")
    sources: dict[str, ContractSource] = Field(description="By source name")
    links: ContractLinks


def collector_contract(view: View) -> Row:
    """Return what was read of each source, and what readers can rely on."""
    run, scopes = view.run, view.recorded.report.scopes
    runs = (*view.recorded.past.runs, *view.recorded.runs)
    moments = sorted({run.collected_at, *(each.at for each in runs)})
    steps = [(at - before).total_seconds() for before, at in pairwise(moments)]
    sources = {
        name: {
            "system": status.system,
            "version": status.version,
            "last_success": status.last_success and timestamp(status.last_success),
            "stale_after": stale and timestamp(stale),
            "kinds": _kinds(view, [each for each in scopes if each.source == name]),
        }
        for name, status in run.sources.items()
        for stale in [view.stale_after(name)]
    }
    return {
        "version": run.version,
        "fresh_seconds": int((run.stale_after - run.collected_at).total_seconds()),
        "usual_seconds": median(steps),
        "on_failure": ON_FAILURE,
        "sources": sources,
        "links": {"health": HEALTH},
    }


def _kinds(view: View, scopes: Sequence[Scope]) -> list[Row]:
    known = ((scope, view.kind_of(scope.source, scope.kind)) for scope in scopes)
    return [_kind(view, scope, kind) for scope, kind in known if kind is not None]


def _kind(view: View, scope: Scope, kind: AnyKind) -> Row:
    read_from, by_hand = described(kind)
    return {
        "kind": kind.name,
        "link": view.lists.get(kind.name),
        "schema": f"{SCHEMAS}/{kind.name}",
        "endpoints": endpoints(read_from),
        "read_from": read_from,
        "by_hand": by_hand,
        "declarable": kind.declarable,
        "listed": scope.listed,
    }


def described(kind: AnyKind) -> tuple[str, str | None]:
    """Return where a kind is read, and how to read it by hand, as the page of its module has it."""
    text = " ".join((sys.modules[kind.model.__module__].__doc__ or "").split())
    found, by_hand = _READ_FROM.search(text), _BY_HAND.search(text)
    return found[1] if found else "", by_hand[1] if by_hand else None


def endpoints(read_from: str) -> list[str]:
    """Return the paths that a text names, each once."""
    return list(dict.fromkeys(found[1] or found[2] for found in _ENDPOINT.finditer(read_from)))
