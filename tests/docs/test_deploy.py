"""docs/deploy.md: what it says can be done as it says it."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.demo import SECRET
from reconciler.cli.main import run
from reconciler.lab import Lab
from tests.docs.deployment import PAGE, ROOT, ScratchHost, blocks
from tests.processes import program
from tests.publish.test_serve import ask
from tests.publish.units import FOLDER, SERVICES, values
from tests.publish.web_servers import serving_folder
from tests.site_repository import SiteRepository

TOOL, FOLDERS = "1. The tool", "2. User, folders, key"
JOB, PULL = "3. The job on this host", "4. CI runs the job, this host pulls"
WEB, ALARM = "5. The web server", "What to monitor"
UPGRADE, RELEASES = "Upgrade and rollback of the tool", "Rollback of a release"


def test_blocks_are_good_shell():
    for block in blocks():
        done = subprocess.run(
            [program("shellcheck"), "--shell=bash", "-"],
            input=f"set -e\n{block}",
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout


def test_every_step_is_run_here():
    titles = re.findall(r"^## (.*)$", PAGE.read_text(), flags=re.MULTILINE)
    assert [title for title in titles if blocks(title)] == [
        TOOL,
        FOLDERS,
        JOB,
        PULL,
        WEB,
        UPGRADE,
        RELEASES,
        ALARM,
    ]


def test_commands_have_the_options_that_they_are_given(capsys):
    for line in re.findall(
        r"reconciler ((?:[a-z]+)(?: --?[a-z].*)?)$", "\n".join(blocks()), flags=re.MULTILINE
    ):
        command, *words = line.split()
        assert run([command, "--help"]) == 0
        options = set(re.findall(r"--[a-z][a-z-]*", capsys.readouterr().out))
        assert {word for word in words if word.startswith("--")} <= options


def test_paths_and_names_are_those_of_the_units():
    text = PAGE.read_text()
    for service in SERVICES:
        assert service.partition(".")[0] in text
        for name in ("WorkingDirectory", "ReadWritePaths", "EnvironmentFile"):
            assert all(path in text for value in values(service, name) for path in value.split())
    assert {path.name for path in FOLDER.iterdir()} == {
        unit
        for unit in re.findall(r"[a-z-]+\.(?:service|timer)", (text + _globbed(text)))
        if (FOLDER / unit).exists()
    }


def _globbed(text: str) -> str:
    return " ".join(
        path.name for glob in re.findall(r"config/systemd/(\S+)", text) for path in FOLDER.glob(glob)
    )


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A site whose repository has a remote, and a host that has nothing yet."""
    with Lab() as lab:
        site = SiteRepository(tmp_path / "site", monkeypatch)
        site.declare_example()
        folder = tmp_path / "host/srv/drift/public"
        site.configure(site.source(lab), history="{push: origin}", more=f"publish: {{directory: {folder}}}\n")
        site.commit()
        subprocess.run(["git", "clone", "--quiet", "--bare", "site", "remote.git"], cwd=tmp_path, check=True)
        site.git("remote", "add", "origin", str(tmp_path / "remote.git"))
        yield site


def _is_served(host: ScratchHost, scratch: Path) -> None:
    """nginx serves what was published, configured as it was installed."""
    installed = host.root / "etc/nginx/conf.d/drift.conf"
    assert installed.read_text() == host.here((ROOT / "config/web/nginx.conf").read_text())
    scratch.mkdir()
    with serving_folder("nginx", scratch, host.root / "srv/drift/public") as server:
        assert ask(server, "/v1/summary").json["site"] == "lan-main"
        assert ask(server, "/v1/health").status == 200


def test_the_job_on_a_host_of_its_own(site, tmp_path):
    host = ScratchHost(tmp_path / "host", tmp_path / "remote.git")
    secret = f"{SECRET}_PVE"
    (host.root / "secrets").write_text(f"{secret}={os.environ[secret]}\n")
    host.run("\n".join(blocks(TOOL, FOLDERS, JOB, WEB, ALARM)))
    assert "systemctl enable --now reconciler.timer reconciler-mark-stale.timer" in host.noted
    assert (host.root / "etc/reconciler/secrets.env").stat().st_mode & 0o777 == 0o600
    _is_served(host, tmp_path / "nginx")
    assert site.git("ls-remote", "origin", "drift-state"), "the run was pushed"


def test_a_host_that_pulls(site, tmp_path):
    assert site.run("run") == 0
    shutil.rmtree(tmp_path / "host")
    host = ScratchHost(tmp_path / "host", tmp_path / "remote.git")
    host.run("\n".join(blocks(TOOL, FOLDERS, PULL, WEB)))
    assert "systemctl enable --now reconciler-publish.timer reconciler-mark-stale.timer" in host.noted
    assert not (host.root / "etc/reconciler/secrets.env").exists()
    _is_served(host, tmp_path / "nginx")
    host.run("\n".join(blocks(UPGRADE)))
    assert (host.root / "opt/reconciler/bin/reconciler").exists()
