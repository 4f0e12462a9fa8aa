"""Policies of a guest: the nodes it may be on, the age of its newest backup and of its oldest snapshot.

Placement is policy: `node` pins a guest, `allowed_nodes` allows several, and without either it may be
anywhere; a move within that is an event. A guest is the same guest after it moved.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.values import is_true
from reconciler.config.duration import duration
from reconciler.errors import Problem
from reconciler.model.change_words import ChangeWord
from reconciler.model.fields.numbers import Age
from reconciler.model.judgement import Judgement
from reconciler.model.kind import RowsOf
from reconciler.model.value import Row, Value, moment, parse_timestamp, timestamp

_TELLING = ("type", "created", "node", "power")


class BackupPolicy(Value):
    """Requirements for the backups of a guest."""

    max_age: Annotated[Age, Field(description="Maximum age of the newest backup on any storage: 26h")]


class SnapshotPolicy(Value):
    """Requirements for the snapshots of a guest."""

    max_age: Annotated[Age, Field(description="Maximum age of the oldest snapshot: 14d")]


def judge(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    """Judge the policies that are declared."""
    allowed = declared.get("allowed_nodes")
    node = row.get("node")
    if isinstance(allowed, list) and node is None:
        problem = Problem("", "its node could not be read", cause="unreadable-field")
        yield Judgement("/allowed_nodes", problem=problem)
    elif isinstance(allowed, list) and node not in allowed:
        yield Judgement("/allowed_nodes", allowed, node, "it is on a node that is not allowed")  # type: ignore[arg-type]
    backup = declared.get("backup")
    if isinstance(backup, dict) and backup.get("max_age"):
        yield from _judge_backup(str(backup["max_age"]), observed, now)
    snapshots = declared.get("snapshots")
    if isinstance(snapshots, dict) and snapshots.get("max_age"):
        yield from _judge_snapshots(str(snapshots["max_age"]), observed, now)


def _judge_backup(max_age: str, observed: Row, now: datetime) -> Iterator[Judgement]:
    newest, doubt = observed.get("newest_backup"), observed.get("backups_unread")
    if newest is not None and now - parse_timestamp(str(newest)) <= duration(max_age):
        return
    if doubt is not None:
        problem = Problem("", f"its backups could not be read: {doubt}", cause="unreadable-field")
        yield Judgement("/backup/max_age", problem=problem)
        return
    reason = f"the newest backup is from {newest}" if newest else "it has no backup"
    if observed.get("backups_rejected"):
        reason += f"; {observed['backups_rejected']}"
    yield Judgement("/backup/max_age", max_age, newest, reason)  # type: ignore[arg-type]


def _judge_snapshots(max_age: str, observed: Row, now: datetime) -> Iterator[Judgement]:
    oldest, doubt = observed.get("oldest_snapshot"), observed.get("snapshots_unread")
    if doubt is not None:
        problem = Problem("", f"its snapshots could not be read: {doubt}", cause="unreadable-field")
        yield Judgement("/snapshots/max_age", problem=problem)
    elif oldest is not None and now - parse_timestamp(str(oldest)) > duration(max_age):
        reason = f"the oldest snapshot is from {oldest}"
        yield Judgement("/snapshots/max_age", max_age, oldest, reason)  # type: ignore[arg-type]


def events(before: Row, now: Row) -> Iterator[tuple[ChangeWord, str]]:
    """Yield `replaced` when another guest has the vmid (type or creation time), else what it went through.

    What one of both runs could not read did not change.
    """
    changed = [name for name in _TELLING if before.get(name) and now.get(name) and before[name] != now[name]]
    if "type" in changed or "created" in changed:
        yield "replaced", f"/{changed[0]}"
        return
    if "node" in changed:
        yield "moved", "/node"
    if "power" in changed:
        yield "started" if now.get("power") == "running" else "stopped", "/power"


def adopted(vmid: str, row: Row, rows: Mapping[str, Mapping[str, Row]]) -> Row:
    """Return what `adopt` declares of a guest: one under high availability may be where its rule allows.

    No other guest is tied to a node. A rule that only prefers nodes allows every node.
    """
    sid = f"{'vm' if row.get('type') == 'qemu' else 'ct'}:{vmid}"
    resource = rows.get("ha-resource", {}).get(sid)
    live = rows.get("guest", {}).get(vmid, {})
    if resource is None:
        return row
    for name, rule in rows.get("ha-rule", {}).items():
        resources, nodes = rule.get("resources"), rule.get("nodes")
        covers = name == resource.get("group") or (isinstance(resources, list) and sid in resources)
        if covers and rule.get("strict") and not rule.get("disabled") and isinstance(nodes, list) and nodes:
            allowed = sorted({str(node).partition(":")[0] for node in nodes})
            return row | {"allowed_nodes": allowed} if live.get("node") in allowed else row
    return row


def as_meant(declared: Row, rows_of: RowsOf) -> Row:
    """Return declared fields with tags in the case that counts: none, unless the datacenter declares it."""
    tags = declared.get("tags")
    if not isinstance(tags, list | tuple):
        return declared
    folded = [str(tag).casefold() for tag in tags]
    if folded == list(tags):
        return declared
    styles = (row.get("tag_style") for row in rows_of("cluster"))
    if any(isinstance(style, dict) and is_true(style.get("case-sensitive")) for style in styles):
        return declared
    return {**declared, "tags": sorted(set(folded))}


def locked(observed: Row, path: str) -> str | None:
    """Return what holds a guest for now: of one in hibernation nothing that explains why it does not run."""
    lock = observed.get("lock")
    return str(lock) if lock and not (lock == "suspended" and path == "/power") else None


def created(meta: str | None) -> str | None:
    """Return when a VM was created, from `meta: creation-qemu=…,ctime=…`; containers have none."""
    for part in (meta or "").split(","):
        name, _, value = part.partition("=")
        if name == "ctime" and value.isdecimal() and len(value) < 12:
            return timestamp(moment(int(value)))
    return None
