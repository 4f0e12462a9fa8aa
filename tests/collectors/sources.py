"""What tests of UniFi and the proxy manager share: sources of a lab, and what one run reads of them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reconciler.collectors.collect import Expected, begin, collect
from reconciler.collectors.npm.connection.settings import NpmSettings
from reconciler.collectors.unifi.connection.settings import UnifiSettings
from reconciler.config.file import Config
from reconciler.config.settings import FileSettings, SourceSettings
from reconciler.kinds import SYSTEMS, kinds_of
from reconciler.lab import Lab
from reconciler.model.check import Check
from reconciler.model.key import Key
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Scope, Snapshot, by_kind, dump_resources
from tests.collectors.proxmox.lab_site import NOW

KEY = "unifi-1ab0-key-of-the-reader"
OWNER = "unifi-1ab0-key-of-the-owner"
SECRETS = {
    "UNIFI_API_KEY": KEY,
    "UNIFI_PASSWORD": "unifi-1ab0-password",
    "NPM_PASSWORD": "npm-1ab0-password",
}
ACCOUNT = {"api_key": None, "username": "reader", "password": "${UNIFI_PASSWORD}"}
"""Changes of `unifi` that log in instead of using a key."""


def unifi(lab: Lab, **changes: Any) -> UnifiSettings:
    entry = {
        "name": "unifi",
        "type": "unifi",
        "url": lab.served("unifi").url,
        "ca_file": str(lab.ca_file),
        "api_key": "${UNIFI_API_KEY}",
        "timeout": "5s",
    }
    return UnifiSettings.model_validate(entry | changes)


def npm(lab: Lab, **changes: Any) -> NpmSettings:
    entry = {
        "name": "npm",
        "type": "npm",
        "url": lab.served("npm").url,
        "ca_file": str(lab.ca_file),
        "username": "reader@lan.example",
        "password": "${NPM_PASSWORD}",
        "timeout": "5s",
    }
    return NpmSettings.model_validate(entry | changes)


def config(*sources: SourceSettings, **settings: Any) -> Config:
    file = FileSettings.model_validate({"site": "test", "sources": [{} for _ in sources], **settings})
    return Config(Path("/config/reconciler.yaml"), Path("/"), file, sources)


def read(
    *sources: SourceSettings,
    secrets: Mapping[str, str] | None = None,
    expected: Iterable[str] = (),
    checks: Mapping[str, list[Check]] | None = None,
    **more: Any,
) -> Snapshot:
    configured = config(*sources, **more)
    return collect(
        configured,
        SYSTEMS,
        {**SECRETS, **(secrets or {})},
        Silent(),
        begin(configured, NOW),
        Expected(frozenset(map(Key.parse, expected))),
        checks,
    )


def scopes(snapshot: Snapshot, source: str = "unifi") -> dict[str, Scope]:
    return {scope.kind: scope for scope in snapshot.scopes if scope.source == source}


def rows(snapshot: Snapshot, *sources: SourceSettings) -> dict[str, Any]:
    """Source → kind → id → row."""
    return by_kind(dump_resources(snapshot.resources, kinds_of(config(*sources))))


def reason(snapshot: Snapshot, source: str = "unifi") -> str:
    """Why a source that failed did, which must be one line and without any secret."""
    status = snapshot.run.sources[source]
    assert status.status == "failed"
    assert status.problem is not None
    text = str(status.problem)
    assert "\n" not in text
    assert not [value for value in SECRETS.values() if value in text]
    return text
