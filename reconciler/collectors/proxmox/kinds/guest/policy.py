"""What may be declared of a guest that is no field of its configuration: where it may be, how old its backup.

Placement is policy: `node` pins a guest, `allowed_nodes` allows several, and without either it may be
anywhere; a move within that is an event. A guest is the same guest after it moved.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from reconciler.config.duration import duration
from reconciler.errors import Problem
from reconciler.model.fields import Age
from reconciler.model.kind import Health, Judgement
from reconciler.model.value import Row, Value, moment, parse_timestamp, timestamp


class BackupPolicy(Value):
    """What is wanted of a guest's backups."""

    max_age: Annotated[Age, Field(description="Of the newest one, on any storage: 26h")]


def judge(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    """What is not as the policies have it."""
    allowed = declared.get("allowed_nodes")
    if isinstance(allowed, list) and row["node"] not in allowed:
        yield Judgement("/allowed_nodes", allowed, row["node"], "it is on a node that is not allowed")  # type: ignore[arg-type]
    backup = declared.get("backup")
    if isinstance(backup, dict) and backup.get("max_age"):
        yield from _judge_backup(str(backup["max_age"]), observed, now)


def _judge_backup(max_age: str, observed: Row, now: datetime) -> Iterator[Judgement]:
    newest, doubt = observed.get("newest_backup"), observed.get("backups_unread")
    if newest is not None and now - parse_timestamp(str(newest)) <= duration(max_age):
        return
    if doubt is not None:
        problem = Problem("", f"its backups are not known: {doubt}", cause="unreadable-field")
        yield Judgement("/backup/max_age", problem=problem)
        return
    reason = f"the newest backup is of {newest}" if newest else "it has no backup"
    yield Judgement("/backup/max_age", max_age, newest, reason)  # type: ignore[arg-type]


def events(before: Row, now: Row) -> Iterator[tuple[str, str]]:
    """`replaced`: another guest has the vmid (type or time of creation); `moved`: it is on another node."""
    if before.get("type") != now.get("type"):
        yield "replaced", "/type"
    elif before.get("created") and now.get("created") and before["created"] != now["created"]:
        yield "replaced", "/created"
    elif before.get("node") != now.get("node"):
        yield "moved", "/node"


def created(meta: str | None) -> str | None:
    """When a VM was made, from `meta: creation-qemu=…,ctime=…`; containers have none."""
    for part in (meta or "").split(","):
        name, _, value = part.partition("=")
        if name == "ctime" and value.isdecimal() and len(value) < 12:
            return timestamp(moment(int(value)))
    return None


def health(raw: Mapping[str, Any]) -> Health:
    """How a guest is, from its raw row; a template is neither well nor ill, and has none."""
    if raw["power"] == "stopped":
        return Health(state="stopped")
    error = raw.get("agent_error")
    if error:
        return Health(state="degraded", reason=f"its guest agent does not answer: {error}")
    return Health(state="healthy")
