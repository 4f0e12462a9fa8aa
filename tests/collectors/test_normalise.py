"""Each kind's normalise: a JSON file per case under tests/cases/normalise, no Python needed for a new one."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.collectors.http.redaction import without_secrets
from reconciler.collectors.npm.connection.client import SECRETS
from reconciler.kinds import SYSTEMS
from reconciler.model.fingerprint import SecretFingerprinter
from tests.collectors.raws import normalise

CASES = Path(__file__).resolve().parents[1] / "cases" / "normalise"
FILES = sorted(CASES.glob("*/*.json"))
KINDS = {f"{name}.{kind.name}": kind for name, system in SYSTEMS.items() for kind in system.kinds}
SEAL = SecretFingerprinter("the key of the cases")


def _read(name: str, raw: dict[str, Any]) -> dict[str, Any]:
    """A row as it comes out of its client: those of UniFi and the proxy manager have no secrets any more."""
    if name.startswith("proxmox."):
        return raw
    read: dict[str, Any] = without_secrets(raw, SEAL, SECRETS.__contains__)
    return read


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_raw_row_becomes_this_resource(file):
    case = json.loads(file.read_text())
    name = file.parent.name
    kind = KINDS[name]
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            normalise(kind, case["id"], _read(name, case["raw"]), case.get("context"))
        return
    for raw in [case["raw"], *case.get("same", [])]:
        resource = normalise(kind, case["id"], _read(name, raw), case.get("context"))
        row = kind.dump({case["id"]: resource})[case["id"]]
        assert {key: row.get(key) for key in case["expected"]} == case["expected"]
        if case.get("whole"):
            assert row == case["expected"]
        again = kind.dump(kind.adapter.validate_python({case["id"]: row}))
        assert again[case["id"]] == row, "a dumped row reads back as itself"


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_cases(name):
    assert list((CASES / name).glob("*.json"))


def _keys(text: str) -> dict[str, str]:
    """The part of a configuration file before its first [section]."""
    pairs = [
        line.partition(":")
        for line in text.split("\n[", 1)[0].splitlines()
        if ":" in line and not line.startswith(("#", "["))
    ]
    return {key.strip(): value.strip() for key, _, value in pairs}


@pytest.mark.parametrize("system", ["qemu", "lxc"])
def test_every_configuration_file_is_understood(system):
    files = sorted((CASES.parent / "configurations" / system).glob("*.conf"))
    assert len(files) > 7
    for file in files:
        config = _keys(file.read_text())
        raw = {"type": system, "node": "r630-01", "power": "stopped", "config": config}
        guest: Any = normalise(KINDS["proxmox.guest"], "100", raw)
        nics = {key for key in config if key.startswith("net") and key[3:].isdecimal()}
        assert set(guest.nics) == nics, file.name
        assert guest.memory == int(config.get("memory", "512").removeprefix("current=")), file.name
        assert guest.name == config.get("name", config.get("hostname", guest.name)), file.name
        assert set(guest.disks) >= {
            key for key in config if key.startswith(("scsi", "rootfs")) and key != "scsihw"
        }


def test_no_model_has_a_field_for_a_secret():
    secret = {
        "x_passphrase",
        "x_wireguard_private_key",
        "dns_provider_credentials",
        "cipassword",
        "password",
        "sshkeys",
        "env",
        "args",
        "keyring",
        "encryption_key",
        "token",
        "secret",
    }
    for kind in KINDS.values():
        schema = json.dumps(kind.model.model_json_schema())
        assert not [word for word in secret if f'"{word}"' in schema]
