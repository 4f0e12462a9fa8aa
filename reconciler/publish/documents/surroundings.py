"""The surroundings of one resource: what it is on or in, what is on or in it, and its diary."""

from pydantic import Field, JsonValue

from reconciler.model.act import Act
from reconciler.model.key import Key
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import ResourceKey, Route
from reconciler.publish.relations import NO_RELATIONS
from reconciler.publish.view import View

_NAMED = 200
"""Resources that are on or in one, by name; the rest is counted."""


class NamedResource(Value):
    """Another resource, with its page."""

    key: ResourceKey
    title: str = Field(description="Name, or id if it has no name; untrusted text")
    link: Route


class ResourcesWithin(Value):
    """The resources that are on or in one."""

    count: int = Field(ge=0)
    resources: tuple[NamedResource, ...] = Field(description="At most 200, sorted by key")


class DiaryEntry(Value):
    """One thing that happened to a resource."""

    at: Timestamp = Field(description="Time at which the run that detected it read the site")
    run: str
    what: str = Field(description="An event (started, moved …), or the change of a finding: new, resolved …")
    text: str = Field(description="Description in one line; untrusted text")
    path: str = Field("", description="JSON pointer of the field; empty: the resource as a whole")
    old: JsonValue = None
    new: JsonValue = None
    who: tuple[Act, ...] = ()


def surroundings(view: View, key: Key) -> Row:
    """Return the place of a resource among the others, and its diary."""
    relations = view.relations.get(key, NO_RELATIONS)
    holds = [each for each in relations.holds if each in view.entries]
    return {
        "within": [_link_to(view, each) for each in relations.within if each in view.entries],
        "holds": {"count": len(holds), "resources": [_link_to(view, each) for each in holds[:_NAMED]]},
        "diary": view.diaries.get(key, []),
    }


def _link_to(view: View, key: Key) -> Row:
    entry = view.entries[key]
    return {"key": str(key), "title": entry["title"], "link": entry["link"]}
