"""The units of config/systemd: what systemd itself says of them, offline, and that what they name exists.

No systemd runs in tests. `systemd-analyze` loads the units from a scratch root, as a manager would.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from reconciler.cli.main import run
from tests.processes import program
from tests.publish.units import FOLDER, SERVICES, TIMERS, commands, entries, ssh_command, values

WEB = FOLDER.parent / "web"
EXPOSURE = {"reconciler-mark-stale.service": 0.5}
"""The highest that is accepted, of 10; where nothing is named, 1.5: those use the network."""


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """A root with the units, the targets that they need, and the programs that they start."""
    root = tmp_path_factory.mktemp("root")
    here, theirs = root / "etc/systemd/system", root / "usr/lib/systemd/system"
    shutil.copytree(FOLDER, here)
    theirs.mkdir(parents=True)
    (root / "lib").symlink_to("usr/lib")
    program("systemd-analyze")
    installed = next(
        path for path in map(Path, ("/usr/lib/systemd/system", "/lib/systemd/system")) if path.is_dir()
    )
    for target in (*installed.glob("*.target"), *installed.glob("*.slice")):
        shutil.copy(target, theirs)
    for service in SERVICES:
        for command in commands(service):
            file = root / command[0].removeprefix("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("#!/bin/sh\n")
            file.chmod(0o755)
    return root


def analyze(*arguments: object) -> "subprocess.CompletedProcess[str]":
    words = [program("systemd-analyze"), "--no-pager", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("unit", [*SERVICES, *TIMERS])
def test_systemd_has_nothing_to_say_about_a_unit(root, unit):
    done = analyze("verify", f"--root={root}", unit)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_would_say_what_is_wrong(root):
    text = (FOLDER / "reconciler.service").read_text()
    for number, (old, new, said) in enumerate(
        (
            ("ProtectSystem=", "ProtectSystems=", "ProtectSystems"),
            ("/opt/reconciler/bin/reconciler run", "/opt/nothing run", "/opt/nothing"),
            ("TimeoutStartSec=14min", "TimeoutStartSec=soon", "soon"),
        )
    ):
        assert old in text
        name = f"wrong-{number}.service"
        (root / "etc/systemd/system" / name).write_text(text.replace(old, new))
        assert said in analyze("verify", f"--root={root}", name).stderr


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_exposed_to_little(root, service):
    done = analyze("security", "--offline=yes", f"--root={root}", service)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done
    assert float(found[1]) <= EXPOSURE.get(service, 1.5)


def test_hardening_is_the_same_everywhere():
    own = {"ReadWritePaths", "RestrictAddressFamilies", "IPAddressAllow", "IPAddressDeny", "PrivateNetwork"}

    def hardening(service: str) -> list[tuple[str, str]]:
        names = [entry.name for entry in entries(service)]
        start = names.index("UMask")
        return [(entry.name, entry.value) for entry in entries(service)[start:] if entry.name not in own]

    first, *others = map(hardening, SERVICES)
    assert ("ProtectSystem", "strict") in first
    assert others == [first] * len(others)


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_starts_exists(service, capsys):
    for command in commands(service):
        if command[0] == "/usr/bin/git":
            done = subprocess.run(["git", command[1], "-h"], capture_output=True, text=True, check=False)
            told = done.stdout
            words = command[2:]
        else:
            assert command[0] == "/opt/reconciler/bin/reconciler"
            assert run([command[1], "--help"]) == 0
            told = capsys.readouterr().out
            words = command[2:]
        options = {word for word in words if word.startswith("--")}
        assert options <= set(re.findall(r"--[a-z][a-z-]*", told.replace("--[no-]", "--")))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_as_a_user_of_its_own_and_writes_only_its_folders(service):
    assert values(service, "User") == values(service, "Group") == ["reconciler"]
    assert values(service, "WorkingDirectory") == ["/srv/drift/site"]
    (folders,) = values(service, "ReadWritePaths")
    assert set(folders.split()) <= {"/srv/drift/site", "/srv/drift/public"}
    assert values(service, "Type") == ["oneshot"], "a timer does not start it again while it runs"
    assert values(service, "TimeoutStartSec"), "a oneshot service has no limit of its own"


def test_web_servers_serve_what_the_services_publish():
    for name in ("nginx.conf", "Caddyfile"):
        assert "/srv/drift/public/current" in (WEB / name).read_text()
    for service in ("reconciler-publish.service", "reconciler-mark-stale.service"):
        assert [command[-2:] for command in commands(service)] == [["--directory", "/srv/drift/public"]]


def test_containers_mount_the_folder_above_current():
    """A mount follows `current` once, when the container starts, and would show that release for ever."""
    services = yaml.safe_load((WEB / "compose.yaml").read_text())["services"]
    assert services.keys() == {"nginx", "caddy"}
    for service in services.values():
        mounts = [mount.split(":") for mount in service["volumes"]]
        assert ["/srv/drift/public", "/srv/drift/public", "ro"] in mounts
        assert not [source for source, _, _ in mounts if "current" in source]
        assert {mode for _, _, mode in mounts} == {"ro"}
        assert [(WEB / source).is_file() for source, _, _ in mounts if source.startswith("./")] == [True]
        assert service["network_mode"] == "host", "behind a bridge every client has the bridge's address"


def test_secrets_of_the_site_are_on_no_host_that_only_publishes():
    with_secrets = [service for service in SERVICES if values(service, "EnvironmentFile")]
    assert with_secrets == ["reconciler.service"]
    assert values("reconciler.service", "EnvironmentFile") == ["/etc/reconciler/secrets.env"]
    assert not [line for service in SERVICES for line in values(service, "PassEnvironment")]


def test_git_reaches_a_remote_that_is_known_and_asks_nobody():
    for service in ("reconciler.service", "reconciler-publish.service"):
        words = ssh_command(service).split()
        for option in ("BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes"):
            assert option in words
        assert "UserKnownHostsFile=/etc/reconciler/known_hosts" in words
        assert words[words.index("-i") + 1] == "/etc/reconciler/deploy_key"


@pytest.mark.parametrize("timer", TIMERS)
def test_a_timer_starts_a_service_and_makes_up_for_what_was_missed(timer):
    assert timer.replace(".timer", ".service") in SERVICES
    assert values(timer, "Persistent") == ["yes"]
    (when,) = values(timer, "OnCalendar")
    assert analyze("calendar", when).returncode == 0
    assert values(timer, "WantedBy") == ["timers.target"]


def test_every_service_has_its_timer_and_ends_before_the_next_run():
    assert [service.replace(".service", ".timer") for service in SERVICES] == TIMERS
    assert values("reconciler.timer", "OnCalendar") == ["*:07/15"]
    assert values("reconciler.service", "TimeoutStartSec") == ["14min"]
