"""What these tests share: a configuration for a lab, one collected snapshot, and an API made of answers."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler.collectors.collect import Expected, begin, collect
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.collectors.reading_order import first_of
from reconciler.config.file import Config
from reconciler.config.settings import FileSettings
from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.model.fingerprint import SecretFingerprinter
from reconciler.model.key import Key
from reconciler.model.listing import Listing
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Scope, Snapshot, dump_resources, snapshot_document

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)


def settings(**changes: Any) -> ProxmoxSettings:
    entry = {
        "name": "pve",
        "type": "proxmox",
        "hosts": ["pve.test"],
        "token_id": "reconciler@pve!drift",
        "token_secret": "${PVE_TOKEN_SECRET}",
    }
    return ProxmoxSettings.model_validate(entry | changes)


def config_of(*sources: ProxmoxSettings) -> Config:
    file = FileSettings.model_validate({"site": "test", "sources": [{} for _ in sources]})
    return Config(Path("/config/reconciler.yaml"), Path("/"), file, sources)


def config(lab: Lab, **changes: Any) -> Config:
    return config_of(
        settings(**{"hosts": lab.hosts, "token_id": lab.token_id, "ca_file": str(lab.ca_file)} | changes)
    )


def read(lab: Lab, *, secret: str | None = None, expected: Iterable[str] = (), **changes: Any) -> Snapshot:
    configured = config(lab, **changes)
    if secret is None:
        secret = lab.secret(changes.get("token_id", lab.token_id))
    return collect(
        configured,
        SYSTEMS,
        {"PVE_TOKEN_SECRET": secret},
        Silent(),
        begin(configured, NOW),
        Expected(frozenset(map(Key.parse, expected))),
    )


def scopes(snapshot: Snapshot) -> dict[str, Scope]:
    return {scope.kind: scope for scope in snapshot.scopes}


def rows(snapshot: Snapshot) -> dict[str, Any]:
    kinds = {"pve": {kind.name: kind for kind in SYSTEMS["proxmox"].kinds}}
    dumped = dump_resources(snapshot.resources, kinds)
    document = snapshot_document(snapshot.run, snapshot.scopes, dumped)
    return {"resources": document["resources"], "scopes": document["scopes"]}


def fetch(kind: Any, api: "Answers", state: ClusterState) -> Listing[Any, Any]:
    """Return what a kind lists when the kinds that it needs could not be listed."""
    listing: Listing[Any, Any] = kind.KIND.fetch(api, state, *[None] * len(kind.KIND.needs))
    return listing


class Answers:
    """An API whose answers are written down: path → data, or (status, reason) of a refusal, with options."""

    def __init__(self, answers: Mapping[str, Any], **changes: Any) -> None:
        self.settings = settings(**changes)
        self.answers = dict(answers)
        self.expected: Mapping[str, frozenset[str]] = {}
        self.declared: Mapping[str, frozenset[str]] = {}
        self.empty: frozenset[str] = frozenset()
        self.fingerprinter: SecretFingerprinter | None = None
        self.first: Mapping[str, tuple[str, ...]] = {}
        self.asked: list[str] = []

    def _answer(self, path: str) -> Any:
        self.asked.append(path)
        answer = self.answers.get(path, (501, f"Method 'GET /{path}' not implemented"))
        if not isinstance(answer, tuple):
            return answer
        status, reason, *more = answer
        return ProxmoxRequestFailed("pve.test:8006", path, status, reason, **(more[0] if more else {}))

    def another_host(self, why: str) -> bool:
        return False

    def begin(self, paths: Iterable[str]) -> None:
        """Nothing: answers are there at once."""

    def prepare(self, paths: Iterable[str]) -> None:
        """Nothing either."""

    def in_order(self, kind: str, ids: Iterable[str]) -> list[str]:
        return first_of(ids, self.first.get(kind, ()))

    def get(self, path: str, **params: str | int) -> Any:
        answer = self._answer(path)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def get_many(
        self,
        paths: Iterable[str],
        *,
        what: str = "",
        total: int = 0,
        within: float | None = None,
        whole: bool = False,
    ) -> Iterator[tuple[str, Any]]:
        for path in paths:
            answer = self._answer(path)
            bare = whole and not isinstance(answer, ProxmoxRequestFailed) and "data" not in answer
            yield path, {"data": answer} if bare else answer
