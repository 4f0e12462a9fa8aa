"""The cluster, by its name; a host of its own by the name of its node.

Read from `/cluster/status`, which the survey asks for. By hand: `pvesh get /cluster/status`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox.api import Api
from reconciler.collectors.proxmox.survey import Survey
from reconciler.model.fields import Names
from reconciler.model.kind import Health, Kind, Listing, Resource


class Cluster(Resource):
    """Who is a member; whether enough of them are there is health."""

    name: str
    nodes: Annotated[Names, Field(description="The members")] = ()


def fetch(api: Api, survey: Survey) -> Listing:
    """One row; none where membership is not known."""
    del api
    if survey.membership or not survey.nodes:
        return Listing({}, "partial", survey.membership or survey.doubt)
    name = survey.cluster or min(survey.nodes)
    row = {"name": name, "nodes": sorted(survey.nodes), "quorate": survey.quorate, "online": survey.online()}
    return Listing({name: row})


def normalise(name: str, raw: Mapping[str, Any]) -> Cluster:
    """A cluster of its row."""
    return Cluster(name=name, nodes=tuple(raw["nodes"]), health=_health(raw))


def _health(raw: Mapping[str, Any]) -> Health:
    away = sorted(set(raw["nodes"]) - set(raw["online"]))
    if not raw["quorate"]:
        return Health(state="degraded", reason="it has no quorum")
    if away:
        return Health(state="degraded", reason=f"offline: {', '.join(away)}")
    return Health(state="healthy")


KIND = Kind(
    name="cluster",
    plural="clusters",
    model=Cluster,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"name"}),
)
