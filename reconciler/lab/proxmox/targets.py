"""Where the cluster sends notifications and metrics, without secrets."""

from typing import Any

from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.proxmox.request import Request

Row = dict[str, Any]


def endpoints(type_: str) -> Any:
    """Return the endpoint of the targets of one type, with where each sends what."""

    def answer(request: Request) -> list[Row]:
        request.rights.require("/mapping/notifications", "Mapping.Audit")
        known: dict[str, Row] = request.state.lists.get("endpoints", {})
        targets: list[Row] = request.state.lists.get("cluster/notifications/targets", [])
        shown = [
            {key: each for key, each in row.items() if key != "type"}
            for row in targets
            if row["type"] == type_
        ]
        return [row | known.get(row["name"], {}) for row in shown]

    return answer


def metric_servers(request: Request) -> list[Row]:
    """Answer `/cluster/metrics/server`: little of each server."""
    request.rights.require("/", "Sys.Audit")
    known: list[Row] = request.state.lists.get("cluster/metrics/server", [])
    return [
        {key: row[key] for key in ("id", "type", "server", "port", "disable") if key in row} for row in known
    ]


def metric_server(request: Request, name: str) -> Row:
    """Answer `/cluster/metrics/server/{id}`: its settings, without its token."""
    request.rights.require("/", "Sys.Audit")
    known: list[Row] = request.state.lists.get("cluster/metrics/server", [])
    for row in known:
        if row["id"] == name:
            return row
    raise ApiError(500, f"status server entry '{name}' does not exist")
