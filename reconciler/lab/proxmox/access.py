"""Accounts and permissions: users with their tokens and second factors, groups, rules, roles, realms.

By hand: `pveum user list --full 1`, `pveum group list`, `pveum acl list`, `pveum role list`.
"""

from collections.abc import Iterator
from typing import Any

from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.proxmox.request import Request

Row = dict[str, Any]


def users(request: Request) -> list[Row]:
    """Answer `/access/users`: without rights on `/access/groups` only the caller; tokens with `?full=1`."""
    known: dict[str, Row] = request.state.access["users"]
    if not _sees_users(request):
        known = {name: facts for name, facts in known.items() if name == request.rights.identity.user}
    return [_user(name, facts, full=request.flag("full")) for name, facts in known.items()]


def second_factors(request: Request) -> list[Row]:
    """Answer `/access/tfa`: users with second factors; without rights on `/access/groups` none."""
    known: dict[str, Row] = request.state.access["users"] if _sees_users(request) else {}
    return [{"userid": name, "entries": facts["tfa"]} for name, facts in known.items() if facts.get("tfa")]


def _sees_users(request: Request) -> bool:
    return request.rights.has("/access/groups", "User.Modify", "Sys.Audit")


def rules(request: Request) -> list[Row]:
    """Answer `/access/acl`: everything with Sys.Audit on `/access`; no token of the lab may change rules."""
    return list(_rules(request)) if request.rights.has("/access", "Sys.Audit") else []


def roles(request: Request) -> list[Row]:
    """Answer `/access/roles` for any account."""
    return [
        {
            "roleid": name,
            "privs": ",".join(privileges),
            "special": int(name.startswith("PVE") or name in {"NoAccess", "Administrator"}),
        }
        for name, privileges in request.state.access["roles"].items()
    ]


def realms(request: Request) -> list[Row]:
    """Answer `/access/domains`, for anyone: little of each."""
    known: dict[str, Row] = request.state.access["realms"]
    shown = ("type", "comment", "default")
    return [
        {"realm": name}
        | {key: facts[key] for key in shown if key in facts}
        | ({"tfa": facts["tfa"].partition(",")[0].removeprefix("type=")} if "tfa" in facts else {})
        for name, facts in known.items()
    ]


def realm(request: Request, name: str) -> Row:
    """Answer `/access/domains/{realm}`: its settings, without the password that it binds with."""
    request.rights.require("/access/realm", "Realm.Allocate", "Sys.Audit")
    known: dict[str, Row] = request.state.access["realms"]
    if name not in known:
        raise ApiError(500, f"domain '{name}' does not exist")
    return {**known[name], "digest": "9a"}


def groups(request: Request) -> list[Row]:
    """Answer `/access/groups`, filtered silently: the accounts of a group in one text."""
    known: dict[str, Row] = request.state.access["groups"]
    users: dict[str, Row] = request.state.access["users"]
    return [
        {"groupid": name, "users": ",".join(user for user, facts in users.items() if name in _groups(facts))}
        | facts
        for name, facts in known.items()
        if request.rights.has(f"/access/groups/{name}", "User.Modify", "Sys.Audit", "Group.Allocate")
    ]


def _groups(facts: Row) -> list[str]:
    return str(facts.get("groups", "")).split(",")


def _user(name: str, facts: Row, *, full: bool) -> Row:
    row: Row = {"userid": name, "enable": 1, "expire": 0, "realm-type": name.partition("@")[2]}
    row |= {key: value for key, value in facts.items() if key not in {"tokens", "groups", "tfa"}}
    if facts.get("tfa"):
        row["keys"] = "x"
    if full:
        row["groups"] = facts.get("groups", "")
        row["tokens"] = [
            {"tokenid": token, "privsep": details.get("privsep", 1), "expire": details.get("expire", 0)}
            for token, details in facts["tokens"].items()
        ]
    return row


def _rules(request: Request) -> Iterator[Row]:
    for path, subjects in request.state.access["acl"].items():
        for subject, role in subjects.items():
            kind = "token" if "!" in subject else "user" if "@" in subject else "group"
            yield {
                "path": path,
                "type": kind,
                "ugid": subject,
                "roleid": role.rstrip("!"),
                "propagate": int(not role.endswith("!")),
            }
