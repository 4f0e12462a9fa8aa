"""A site with a past: runs that are recorded in git, without any source."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler import record
from reconciler.config.file import Config, load_config
from reconciler.kinds import kind_finder, settings
from reconciler.model.findings import Event, Finding
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import Row
from tests.record.parts import MARKDOWN, at, commit_all, git, make_repository, recorded

CONFIG = """\
site: lan
history: {push: null}
sources:
  - {name: pve, type: proxmox, hosts: [pve.invalid], token_id: "a@pve!drift", token_secret: "${NOT_SET}"}
  - {name: pve2, type: proxmox, hosts: [pve2.invalid], token_id: "a@pve!drift", token_secret: "${NOT_SET}"}
  - {name: unifi, type: unifi, url: "https://unifi.invalid", api_key: "${NOT_SET}"}
  - {name: npm, type: npm, url: "http://npm.invalid:81", username: a@b.c, password: "${NOT_SET}"}
"""
MAC = "BC:24:11:00:00:01"


def guest(name="web1", ip="192.168.11.5", *, mac=MAC, **fields) -> Row:
    """A recorded container."""
    nic: Row = {"bridge": "vmbr0", "mac": mac, "link_down": False}
    nic |= {"ip": f"{ip}/24"} if ip else {}
    nics = {"net0": nic}
    return {
        "name": name,
        "type": "lxc",
        "node": "n1",
        "power": "running",
        "memory": 512,
        "nics": nics,
        **fields,
    }


class Past:
    """A repository, and what its runs record."""

    def __init__(self, root: Path) -> None:
        self.root = make_repository(root)
        self.file = root / "config/reconciler.yaml"
        self.file.parent.mkdir()
        self.file.write_text(CONFIG)
        commit_all(root, "configuration")
        self.hour = 0.0
        self.runs: list[str] = []
        self.findings: tuple[Finding, ...] = ()

    @property
    def config(self) -> Config:
        return load_config(self.file, settings())

    def write(self, run: Recorded) -> record.Written:
        """Record a run."""
        repo, history = record.open_repository(self.root), self.config.settings.history
        previous = record.read(repo, history, kind_finder(self.config))
        return record.write(repo, history, run, previous, MARKDOWN)

    def run(
        self,
        rows: Mapping[str, Row],
        *,
        hour: float | None = None,
        findings: tuple[Finding, ...] = (),
        events: tuple[Event, ...] = (),
        resolved: tuple[Finding, ...] = (),
        observed: Mapping[str, Row] | None = None,
        **facts: object,
    ) -> str:
        """Record the rows of a run, an hour after the one before; return its id."""
        self.hour = self.hour + 1 if hour is None else hour
        base = recorded(at(self.hour), {}, findings=findings)
        config = {Key.parse(key): row for key, row in rows.items()}
        places = {(key.source, key.kind) for key in config} | {("pve", "guest")}
        scopes = tuple(Scope(source=s, kind=k, listed="complete", count=1) for s, k in sorted(places))
        run = base.report.run.model_copy(update=facts)
        verdicts = dict.fromkeys(rows, "in_sync") | base.report.verdicts
        changes = {"run": run, "scopes": scopes, "verdicts": verdicts, "events": events, "resolved": resolved}
        report = base.report.model_copy(update=changes)
        seen = {Key.parse(key): row for key, row in (observed or {}).items()}
        inventory = Inventory(run, scopes, config, seen, {})
        self.write(
            replace(base, report=report, inventory=inventory, changed_at=dict.fromkeys(config, at(self.hour)))
        )
        self.runs.append(run.id)
        return run.id

    def git(self, *arguments: str) -> str:
        return git(self.root, *arguments)
