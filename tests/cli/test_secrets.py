"""No secret of any system reaches a file, a commit, a page, a log or an error: each is looked for."""

import gzip
import json
import logging
import os
import shutil
from pathlib import Path

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from tests.collectors.secret_names import NPM, PROXMOX, UNIFI
from tests.site_repository import SiteRepository

MARKER = "m4rk3r"


def plant(lab: Lab) -> int:
    """Put a marker under every key of a secret in every list; how many."""
    planted = 0
    for path, rows in lab.unifi.lists.items():
        for row in rows:
            for name in UNIFI:
                row[name] = (
                    [{"password": f"{MARKER}-{path}-{name}"}] if "keys" in name else f"{MARKER}-{path}-{name}"
                )
                planted += 1
            row["nested"] = {"auth_servers": [{"x_secret": f"{MARKER}-{path}-nested"}]}
    for path, rows in lab.npm.lists.items():
        for row in rows:
            for name in NPM:
                row[name] = f"{MARKER}-{path}-{name}"
                row["meta"] = {**row.get("meta", {}), name: f"{MARKER}-{path}-meta-{name}"}
                planted += 2
            row["locations"] = [
                {
                    "path": "/a",
                    "forward_host": f"user:{MARKER}@h",
                    "forward_path": f"/?token={MARKER}",
                    "advanced_config": f"{MARKER}-location",
                }
            ]
    for vmid in (113, 115):
        lab.state.edit_guest(vmid, **{name: f"{MARKER}-{name}" for name in PROXMOX})
    lab.state.edit_storage(
        "nas",
        **{
            "password": f"{MARKER}-p",
            "keyring": f"{MARKER}-k",
            "encryption-key": f"{MARKER}-e",
            "server": f"user:{MARKER}@nas.lan.example",
            "prune-backups": f"keep-last=3,odd={MARKER}",
            "bwlimit": f"clone=1,odd={MARKER}",
            "options": f"vers=4.2,odd={MARKER}",
        },
    )
    lab.state.edit_guest(
        113, hookscript=f"https://user:{MARKER}@h/?a={MARKER}", cpu=f"host,odd={MARKER}", boot=f"odd={MARKER}"
    )
    return planted


@pytest.fixture
def site(tmp_path, monkeypatch):
    return SiteRepository(tmp_path / "site", monkeypatch)


@pytest.mark.parametrize("fingerprints", [True, False], ids=["with a key", "without a key"])
def test_no_secret_gets_anywhere(site, capsys, caplog, fingerprints):
    with Lab(hosts=1) as lab:
        assert plant(lab) > 500
        site.configure_all(lab)
        file = site.root / "config/reconciler.yaml"
        text = file.read_text().replace("${UNIFI_API_KEY}", "${OWNER_KEY}")
        if not fingerprints:
            text = text.replace("fingerprint_key: ${RECONCILER_FINGERPRINT_KEY}\n", "")
        file.write_text(text)
        site.monkeypatch.setenv("OWNER_KEY", "unifi-1ab0-key-of-the-owner")
        site.commit()
        shown = ""
        with caplog.at_level(logging.DEBUG):
            for name in ("urllib3", "proxmoxer"):
                logging.getLogger(name).setLevel(logging.DEBUG)
            for command in (
                ["run"],
                ["--debug", "doctor"],
                ["collect", "--output", "out.json"],
                ["adopt", "--all"],
            ):
                site.run(*command)
                captured = capsys.readouterr()
                shown += captured.out + captured.err
            lab.unifi.lists["rest/networkconf"].append(
                {
                    "name": "broken",
                    "vlan": "x",
                    "purpose": "corporate",
                    "ip_subnet": 7,
                    "x_key": MARKER,
                }
            )
            lab.served("unifi").faults.answer(
                "/rest/wlanconf", 500, "no", body=json.dumps({"x_passphrase": MARKER, "code": 1}).encode()
            )
            site.run("--debug", "run")
            captured = capsys.readouterr()
            shown += captured.out + captured.err
        secrets = {MARKER, *secrets_of(lab).values(), "unifi-1ab0-key-of-the-owner"}
    assert "rest/wlanconf" in shown
    everything = {"standard output and error": shown, "logs": caplog.text, **files(site)}
    assert len(everything) > 100
    found = [(where, secret) for where, text in everything.items() for secret in secrets if secret in text]
    assert found == []
    proxy = json.loads(everything["git drift-state:reports/latest/live/npm/proxy-host.json"])
    assert (proxy["git.lan.example"]["advanced_config"] == "set") is not fingerprints


def files(site) -> dict[str, str]:
    """Every file of the work tree, the published tree, and of every commit of every branch."""
    found = {}
    for path in site.root.rglob("*"):
        if path.is_file() and ".git" not in path.relative_to(site.root).parts:
            data = path.read_bytes()
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            found[str(path.relative_to(site.root))] = data.decode("utf-8", "replace")
    for branch in ("drift-state", "drift-pulse"):
        for commit in site.git("rev-list", branch).split():
            for name in site.git("ls-tree", "-r", "--name-only", commit).splitlines():
                found[f"git {branch}:{name}"] = site.git("show", f"{commit}:{name}")
    return found


_RECORDER = """#!/bin/sh
{ tr '\\0' '\\n' </proc/self/environ; echo ---; } >>SEEN
exec REAL "$@"
"""


def test_no_process_of_a_run_gets_a_secret(site, tmp_path, capsys):
    """Every git, and every program that git starts: those of the remote, and a helper of the login."""
    seen = tmp_path / "seen"
    binaries = tmp_path / "bin"
    binaries.mkdir()
    real = shutil.which("git")
    for name in ("git", "git-receive-pack", "git-upload-pack"):
        text = _RECORDER.replace("SEEN", str(seen)).replace("REAL", f"{real}{name.removeprefix('git')}")
        program = binaries / name
        program.write_text(text.replace(f"{real}-", f"{real} "))
        program.chmod(0o755)
    with Lab(hosts=1) as lab:
        site.configure_all(lab)
        file = site.root / "config/reconciler.yaml"
        file.write_text(file.read_text().replace("${NPM_PASSWORD}", "${GIT_NPM_PASSWORD}"))
        secrets = secrets_of(lab)
        site.monkeypatch.setenv("GIT_NPM_PASSWORD", secrets["NPM_PASSWORD"])
        site.git("init", "--quiet", "--bare", str(tmp_path / "origin.git"))
        site.git("remote", "add", "origin", str(tmp_path / "origin.git"))
        site.commit()
        site.monkeypatch.setenv("GITEA_TOKEN", MARKER)
        site.monkeypatch.setenv("PATH", f"{binaries}:{os.environ['PATH']}")
        assert site.run("run") in {0, 2}, capsys.readouterr().err
        site.run("publish")
        site.run("validate")
    processes = Path(seen).read_text("utf-8", "replace")
    assert processes.count("---\n") > 30
    assert [secret for secret in (MARKER, *secrets.values()) if secret in processes] == []
    assert "GIT_NPM_PASSWORD" not in processes
