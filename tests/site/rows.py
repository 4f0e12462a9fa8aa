"""Sites of plain rows, as the kinds' own models dump them: a small house that every rule is content with."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from reconciler.collectors.npm import SYSTEM as NPM
from reconciler.collectors.proxmox import SYSTEM as PROXMOX
from reconciler.collectors.unifi import SYSTEM as UNIFI
from reconciler.config.file import SITE
from reconciler.config.settings import CapacitySettings
from reconciler.model.key import Key
from reconciler.model.resource import FieldClass
from reconciler.model.rule import RuleResults
from reconciler.model.snapshot import Inventory, Run, Scope, SourceStatus
from reconciler.model.system import AnySystem
from reconciler.model.value import Row
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel
from tests.problems import with_problems

_SYSTEMS: Mapping[str, AnySystem] = {
    "pve": PROXMOX,
    "pve2": PROXMOX,
    "unifi": UNIFI,
    "unifi2": UNIFI,
    "npm": NPM,
}
KINDS = {
    **{source: {kind.name: kind for kind in system.kinds} for source, system in _SYSTEMS.items()},
    SITE: {kind.name: kind for kind in SITE_KINDS},
}
NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=15)
SWITCH = "74:AC:B9:00:00:02"

Rows = Mapping[str, Mapping[str, Any] | None]


def mac(number: int) -> str:
    return f"BC:24:11:00:00:{number:02X}"


def port(number: int) -> str:
    return f"{SWITCH}:{number}"


def guest(number: int = 101, **fields: Any) -> dict[str, Any]:
    """A container with one NIC; `nic` has what is other in it, None none at all."""
    nic = fields.pop("nic", {})
    nics = {} if nic is None else {"net0": {"mac": mac(number), "bridge": "vmbr0", "tag": 20} | nic}
    plain = {"name": f"g{number}", "type": "lxc", "node": "r1", "power": "running", "nics": nics}
    return plain | {"cores": 2, "memory": 2048} | fields


def agent(*addresses: str, number: int = 101, name: str = "eth0") -> dict[str, Any]:
    """What a guest says of one of its interfaces."""
    return {name: {"mac": mac(number), "addresses": list(addresses)}}


def node(name: str = "r1", **fields: Any) -> dict[str, Any]:
    return {"name": name, "threads": 16, "memory": 65536} | fields


def interface(name: str, at: str = "r1", **fields: Any) -> dict[str, Any]:
    return {"node": at, "iface": name, "type": "eth"} | fields


def network(vlan: int | None, subnet: str | None, **fields: Any) -> dict[str, Any]:
    return {"vlan": vlan, "ip_subnet": subnet} | fields


def proxy_host(name: str = "git.example.org", host: str = "10.0.20.5", **fields: Any) -> dict[str, Any]:
    return {"domain_names": [name], "forward_host": host, "forward_port": 3000} | fields


def stream(number: int, host: str = "10.0.20.5", **fields: Any) -> dict[str, Any]:
    plain = {"incoming_port": str(number), "tcp_forwarding": True, "forwarding_host": host}
    return plain | {"forwarding_port": str(number)} | fields


def forward(number: int, host: str = "10.0.20.5", **fields: Any) -> dict[str, Any]:
    plain = {"proto": "tcp", "dst_port": str(number), "fwd": host, "fwd_port": str(number)}
    return plain | fields


def address(**fields: Any) -> dict[str, Any]:
    return {"role": "guest", "lifecycle": "active"} | fields


_HOUSE_FILE = yaml.safe_load((Path(__file__).parents[1] / "cases" / "site" / "house.yaml").read_text())
HOUSE: Rows = _HOUSE_FILE["rows"]
"""One guest on one of two nodes, seen on its switch port, with one public name. No rule objects to it."""


def with_house(changes: Rows) -> dict[str, Mapping[str, Any]]:
    """The house with other rows: None takes one away."""
    return {at: row for at, row in {**HOUSE, **changes}.items() if row is not None}


def patched(changes: Rows) -> dict[str, Mapping[str, Any]]:
    """The house with rows merged into it, as the cases of rules write them."""
    templates = _HOUSE_FILE["templates"]
    rows = {at: HOUSE.get(at) or templates.get(at.split("/")[1], {}) for at in {**HOUSE, **changes}}
    return {
        at: _merged(row, changes.get(at) or {})
        for at, row in rows.items()
        if at not in changes or changes[at] is not None
    }


def _merged(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON merge patch (RFC 7396)."""
    result = {name: value for name, value in row.items() if name not in changes}
    for name, value in changes.items():
        if isinstance(value, dict):
            result[name] = _merged(row.get(name) or {}, value)
        elif value is not None:
            result[name] = value
    return result


def dumped(rows: Rows) -> tuple[dict[Key, Row], dict[Key, Row]]:
    """Rows as (config, observed), by each kind's own model."""
    config: dict[Key, Row] = {}
    observed: dict[Key, Row] = {}
    for at, fields in rows.items():
        key = Key.parse(at)
        kind = KINDS[key.source][key.kind]
        row = kind.dump({key.id: kind.model.model_validate(fields or {})})[key.id]
        kept, rest = kind.split(row)
        if kind.field_class is FieldClass.CONFIG:
            config[key] = kept
        if rest:
            observed[key] = rest
    return config, observed


def run_of(moment: datetime = NOW) -> Run:
    return Run(
        id=f"{moment:%Y%m%dT%H%M%SZ}-3fa9c1",
        site="house",
        collected_at=moment,
        stale_after=moment + timedelta(minutes=30),
        version="0.1.0",
        sources={"pve": SourceStatus(system="proxmox", status="complete")},
    )


def built(
    rows: Rows,
    *,
    scopes: Mapping[str, Any] | None = None,
    as_of: Iterable[str] = (),
    sources: Iterable[str] = ("pve", "unifi", "npm"),
    moment: datetime = NOW,
) -> Inventory:
    """A site of rows. Every list of its sources is complete but those of `scopes`.

    `scopes` has for `pve/guest` a word (`failed`), a mapping of what the scope says, or None: there is none.
    A whole source goes by its name alone. Rows of `as_of` were read by an earlier run.
    """
    config, observed = dumped(rows)
    there = {*sources, *(key.source for key in config)}
    given = scopes or {}
    made: list[Scope] = []
    for source in sorted(there):
        for kind in KINDS[source]:
            own = [key for key in {**config, **observed} if key[:2] == (source, kind)]
            said = given.get(f"{source}/{kind}", given.get(source, "complete"))
            if said is None or (source == SITE and not own):
                continue
            fields = {"listed": "complete", **(said if isinstance(said, dict) else {"listed": said})}
            made.append(Scope(source=source, kind=kind, count=len(own), **with_problems(fields)))
    older = {Key.parse(at): EARLIER for at in as_of}
    return Inventory(run_of(moment), tuple(made), config, observed, older)


def modelled(rows: Rows, **options: Any) -> SiteModel:
    return SiteModel(built(rows, **options), CapacitySettings())


def evaluated(site: Inventory) -> RuleResults:
    return evaluate_rules(SiteModel(site, CapacitySettings()))
