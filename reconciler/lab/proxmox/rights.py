"""Access rights: roles on paths, users, and tokens with rights of their own.

As in `pveum(1)`: a rule on a longer path replaces those from above; NoAccess removes everything; a pool's
rules apply to its guests and storages, without propagating; a token with `privsep` has the rights that both
it and its user have.
By hand: `pveum user permissions USER@REALM`, `pveum user token permissions USER@REALM TOKEN`.
"""

from dataclasses import dataclass

from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.state import State

Privileges = dict[str, int]
"""Privilege → 1 if it propagates to paths below, else 0."""

_ALWAYS_SHOWN = ("/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms")


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated token."""

    user: str
    token: str
    separate: bool
    """Whether the token has rights of its own (`privsep`)."""


class Rights:
    """The rights of one token; valid until `State.rights_version` changes."""

    def __init__(self, state: State, identity: Identity) -> None:
        self._state = state
        self.identity = identity
        self.version = state.rights_version
        self._privileges: dict[str, Privileges] = {}
        self._pools = _pools_by_path(state)

    def on(self, path: str) -> Privileges:
        """Return the privileges on a path."""
        known = self._privileges.get(path)
        if known is None:
            known = self._privileges[path] = self._effective(path)
        return known

    def has(self, path: str, *privileges: str) -> bool:
        """Return whether the token has any of the privileges on the path."""
        held = self.on(path)
        return any(privilege in held for privilege in privileges)

    def require(self, path: str, *privileges: str) -> None:
        """Raise the 403 of Proxmox unless the token has one of the privileges on the path."""
        if not self.has(path, *privileges):
            raise ApiError(403, f"Permission check failed ({path}, {'|'.join(privileges)})")

    def everywhere(self) -> dict[str, Privileges]:
        """Return the answer of `/access/permissions`: only paths with privileges, so none with NoAccess."""
        access = self._state.access["acl"]
        paths = {*_ALWAYS_SHOWN, *access, *self._pools}
        return {path: dict(held) for path in paths if (held := self.on(path))}

    def _effective(self, path: str) -> Privileges:
        user = self.identity.user
        if user == "root@pam":
            return {privilege: 1 for role in self._state.access["roles"].values() for privilege in role}
        mine = self._of(user, path)
        if not self.identity.separate:
            return mine
        tokens = self._of(f"{user}!{self.identity.token}", path)
        return {privilege: mine[privilege] & flag for privilege, flag in tokens.items() if privilege in mine}

    def _of(self, subject: str, path: str) -> Privileges:
        roles = self._roles(subject, path)
        if "NoAccess" not in roles:
            for pool in self._pools.get(path, ()):
                for role in self._roles(subject, f"/pool/{pool}"):
                    roles.setdefault(role, 0)
        if "NoAccess" in roles:
            return {}
        held: Privileges = {}
        for role, propagates in roles.items():
            for privilege in self._state.access["roles"][role]:
                held[privilege] = held.get(privilege, 0) | propagates
        return held

    def _roles(self, subject: str, path: str) -> dict[str, int]:
        roles: dict[str, int] = {}
        for prefix in _prefixes(path):
            rule = self._state.access["acl"].get(prefix, {}).get(subject)
            if rule is None:
                continue
            propagates = not rule.endswith("!")
            if propagates or prefix == path:
                roles = {rule.rstrip("!"): int(propagates)}
        return roles


def authenticate(state: State, header: str | None, now: float) -> Identity:
    """Return the token of an `Authorization` header; raises the 401 of Proxmox.

    The header reads `PVEAPIToken=USER@REALM!TOKENID=SECRET`; `now` is seconds since 1970.
    """
    scheme, _, rest = (header or "").partition("=")
    name, _, secret = rest.partition("=")
    user, bang, token = name.partition("!")
    if scheme != "PVEAPIToken" or not bang or not secret:
        raise ApiError(401, "No ticket")
    facts = state.access["users"].get(user)
    if facts is None:
        raise ApiError(401, f"no such user ('{user}')")
    if not facts.get("enable", 1):
        raise ApiError(401, f"user '{user}' is disabled")
    details = facts["tokens"].get(token)
    if details is None:
        raise ApiError(401, f"no such token '{token}' for user '{user}'")
    if 0 < details.get("expire", 0) < now:
        raise ApiError(401, "token expired")
    if details["secret"] != secret:
        raise ApiError(401, "invalid token value!")
    return Identity(user, token, bool(details.get("privsep", 1)))


def _prefixes(path: str) -> list[str]:
    parts = path.strip("/").split("/") if path != "/" else []
    return ["/", *("/" + "/".join(parts[: end + 1]) for end in range(len(parts)))]


def _pools_by_path(state: State) -> dict[str, list[str]]:
    paths: dict[str, list[str]] = {}
    for name, pool in state.pools.items():
        for vmid in pool.get("guests", ()):
            paths.setdefault(f"/vms/{vmid}", []).append(name)
        for storage in pool.get("storages", ()):
            paths.setdefault(f"/storage/{storage}", []).append(name)
    return paths
