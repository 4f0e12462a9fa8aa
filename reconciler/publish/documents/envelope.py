"""The envelopes of documents as pydantic models: that of a run, and that of a resource, without run facts.

A reader ignores keys that it does not know; what is written has no key that no model names.
"""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import Field

from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.model.value import Timestamp, Value

DataT = TypeVar("DataT")

_MAJOR = SCHEMA_VERSION.partition(".")[0]
_Version = Annotated[
    str,
    Field(
        pattern=rf"^{_MAJOR}\.[0-9]+$",
        description="Schema version; readers must reject another major version",
        examples=[SCHEMA_VERSION],
    ),
]
SiteName = Annotated[str, Field(description="Name of the site, as configured", examples=["lan-main"])]

Route = Annotated[str, Field(pattern="^/v1(/.*)?$", examples=["/v1/inventory/guests/pve/101"])]
"""The route of a document of the same tree."""

ResourceKey = Annotated[str, Field(pattern=r"^[^/]+/[^/]+/[\s\S]", examples=["pve/guest/101"])]
"""The text of a key. A model of documents checks them and nothing more, so that it makes no `Key`."""


class Stamped(Value, Generic[DataT]):
    """A document of one run: it states itself when its data were collected, and when they go stale."""

    schema_version: _Version
    site: SiteName
    run_id: str = Field(
        pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{6}$",
        description="Run id; documents with the same run_id belong together",
        examples=["20261123T210500Z-3fa9c1"],
    )
    collected_at: Timestamp = Field(description="When the run began to read the sources")
    stale_after: Timestamp = Field(description="Time from which the data are out of date")
    stale: Literal[True] | None = Field(
        None, description="Set only in documents marked as out of date after `stale_after`; otherwise absent"
    )
    desired_commit: str | None = Field(
        description="Desired state commit that the run compared with; null: not in git"
    )
    data: DataT


class ResourceLinks(Value):
    """The routes that belong to a document without run facts."""

    health: Route = Field(description="Link to when the source was read and when its data become stale")
    list: Route = Field(description="Link to the list that contains it")


class Unstamped(Value, Generic[DataT]):
    """A document without run facts: its bytes change only when its content does; `/v1/health` has its age."""

    schema_version: _Version
    site: SiteName
    changed_at: Timestamp | None = Field(
        description="Time of the last change of the content; null: before the record began"
    )
    links: ResourceLinks
    data: DataT
