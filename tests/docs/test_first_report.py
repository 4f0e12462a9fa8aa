"""README's five commands, as they are written there, lead from an empty folder to a report with exit code 0.

They run in a shell on a terminal, with the addresses and secrets of the lab in place of README's.
"""

import re
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from tests.terminal import on_a_terminal

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README.partition("## Put your site under Git")[2].partition("\n## ")[0]
ADDRESSES = ("r630-01.lan", "https://192.168.11.1", "https://192.168.11.167:81")


def commands() -> list[str]:
    """The lines of the first block of the section."""
    return re.findall(r"^```\n(.*?)^```$", SECTION, flags=re.MULTILINE | re.DOTALL)[0].splitlines()


@pytest.fixture
def well():
    """A lab in which no rule finds anything at or above `warning`: README states what to do about those."""
    with Lab() as lab:
        for row in lab.npm.lists["proxy-hosts"]:
            row["forward_host"] = row["forward_host"].replace("192.168.11.250", "192.168.11.111")
        for row in lab.npm.lists["certificates"]:
            row["expires_on"] = "2099-01-01T00:00:00.000Z"
        yield lab


def for_lab(lab: Lab) -> list[str]:
    """The commands with the lab's addresses and secrets."""
    secrets = secrets_of(lab) | {"NPM_USER": "reader@lan.example"}
    there = (lab.hosts[0], lab.served("unifi").url, lab.served("npm").url)
    found = commands()
    for name, address in zip(ADDRESSES, there, strict=True):
        assert f" {name}" in found[0]
        found[0] = re.sub(rf" {re.escape(name)}(?= |$)", f" {address}", found[0])
    for name in re.findall(r"(\w+)=…", found[1]):
        found[1] = found[1].replace(f"{name}=…", f"{name}='{secrets[name]}'")
    assert "…" not in "".join(found)
    return found


def test_there_are_five():
    assert [line.split()[0:2] for line in commands()] == [
        ["reconciler", "init"],
        ["export", "PVE_TOKEN_SECRET=…"],
        ["reconciler", "adopt"],
        ["git", "add"],
        ["reconciler", "run"],
    ]


def test_from_an_empty_folder_to_the_first_green_report(well, tmp_path):
    folder = tmp_path / "lan-main"
    folder.mkdir()
    code, shown = on_a_terminal("\n".join(for_lab(well)), folder, {"[y/N]:": "y", "[Y/n]:": "y"})
    assert code == 0, shown
    assert "made a git repository, with the branch main" in shown
    git = ["git", "-C", str(folder)]
    assert subprocess.run([*git, "status", "--porcelain"], capture_output=True, check=True).stdout == b""
    tracked = subprocess.run([*git, "ls-files"], capture_output=True, check=True, text=True).stdout.split()
    assert {"config/reconciler.yaml", ".gitignore", "desired-state/pve/guest.yaml"} <= set(tracked)
    report = subprocess.run(
        [*git, "show", "drift-state:reports/latest/drift.json"], capture_output=True, check=True, text=True
    ).stdout
    assert not re.search(r'"type": "(?:drifted|missing|unmanaged|unverified)"', report)
    assert (folder / "public/current/v1/index.json").exists()
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [secret for secret in secrets_of(well).values() if secret.encode() in everything]
