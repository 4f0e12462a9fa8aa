"""Scheduled tasks of a UniFi site, by name: device updates and other tasks that a release supports.

Read from `rest/scheduletask`, one call; a release without it has none. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/scheduletask`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, objects_of, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into

TASKS = Read("classic", "rest/scheduletask")
READS = (TASKS,)


class ScheduledTask(Resource):
    """A task that the controller runs on a schedule."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    action: Annotated[Text, Field(description="Action: upgrade, …")] = "upgrade"
    schedule: Annotated[Text | None, Field(description="Cron expression: 0 3 * * 6")] = None
    execute_only_once: Annotated[Flag, Field(description="Run only once, at the next scheduled time")] = False
    devices: Annotated[Macs, Field(description="MAC addresses of the affected devices")] = ()


_FIELDS = own_fields(ScheduledTask, "schedule", "devices")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every task; a site may have none."""
    found = ((name(row), row) for row in lookups.classic_if_known(TASKS, "scheduled-task"))
    return listing(api, TASKS, found, UnifiContext(), kind="scheduled-task", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> ScheduledTask:
    """Make a task of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "scheduled-task", context) | {"name": name(raw)}
    if not is_nothing(raw.get("cron_expr")):
        found["schedule"] = raw["cron_expr"]
    read_into(found, "devices", lambda: _devices(raw))
    return ScheduledTask.of_row(found)


def _devices(raw: ApiRow) -> list[str]:
    """Return the devices that are upgraded; raises `ValueError` for values of another type."""
    rows = objects_of(raw.get("upgrade_targets"))
    return [text_of(row["mac"]) for row in rows if not is_nothing(row.get("mac"))]


KIND = Kind(
    name="scheduled-task",
    plural="scheduled-tasks",
    model=ScheduledTask,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
)
