import subprocess
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from reconciler.config.duration import Duration
from reconciler.config.file import Config, load_config
from reconciler.config.repository import link_within, repository_root
from reconciler.config.secret import Secret
from reconciler.config.settings import HistorySettings, SourceSettings
from reconciler.errors import ConfigError, SourceError
from tests.casefiles import cases


class ShopSettings(SourceSettings):
    hosts: Annotated[list[str], Field(min_length=1)]
    token: Secret
    connections: Annotated[int, Field(ge=1, le=16)] = 4
    timeout: Duration = timedelta(seconds=30)
    verify: bool = True


class BareSettings(SourceSettings):
    pass


SYSTEMS: dict[str, type[SourceSettings]] = {"shop": ShopSettings, "bare": BareSettings}
SMALL = "site: lan\nsources: [{name: a, type: bare}]\n"


def written(directory: Path, text: str) -> Path:
    file = directory / "config" / "reconciler.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(file, SYSTEMS)
    return [str(problem).replace(str(file), "f") for problem in caught.value.problems]


@cases("config")
def test_bad_file(case, tmp_path):
    found = problems(written(tmp_path, case["text"]))
    assert found == case["problems"]
    assert not any("hunter2" in line for line in found)


def test_a_whole_file(tmp_path):
    file = written(
        tmp_path,
        """
site: lan-main
interval: 5m
desired_state: wanted
history: {directory: drift, branch: null, pulse: null, push: origin, keep: {all: 3d, daily: 30d}}
publish: {directory: /srv/www, keep: 3}
fingerprint_key: ${KEY}
sources:
  - name: main
    type: shop
    hosts: [a.lan, b.lan:8006]
    token: ${SHOP_TOKEN}
    connections: 8
    timeout: 2m
    verify: no
  - {name: second, type: shop, hosts: [c], token: "${SHOP_TOKEN}"}
drift:
  severity: {missing: warning, rules: {duplicate-ip: error}}
  fail_on: never
guard: {max_lost: 0.5, min_lost: 3}
""",
    )
    config = load_config(file, SYSTEMS)
    assert config.file == file
    assert config.root == tmp_path
    assert config.desired_directory == tmp_path / "wanted"
    assert config.publish_directory == Path("/srv/www")
    assert config.settings.interval == timedelta(minutes=5)
    assert config.settings.history.branch is None
    assert config.settings.history.keep.daily == timedelta(days=30)
    assert config.settings.fingerprint_key == Secret("KEY")
    assert config.settings.drift.severity.rules == {"duplicate-ip": "error"}
    assert config.settings.guard.max_lost == 0.5
    first, second = config.sources
    assert isinstance(first, ShopSettings)
    assert (first.name, first.connections, first.timeout, first.verify) == (
        "main",
        8,
        timedelta(minutes=2),
        False,
    )
    assert first.token == Secret("SHOP_TOKEN")
    assert isinstance(second, ShopSettings)
    assert second.connections == 4


def test_defaults(tmp_path):
    config: Config = load_config(written(tmp_path, SMALL), SYSTEMS)
    assert config.settings.interval == timedelta(minutes=15)
    assert config.desired_directory == tmp_path / "desired-state"
    assert config.publish_directory == tmp_path / "public"
    assert config.settings.history.branch == "drift-state"
    assert config.settings.history.push is None


def test_no_file(tmp_path):
    (line,) = problems(tmp_path / "no.yaml")
    remedy = "pass its path with --config, run inside its repository, or make one: `reconciler init`"
    assert line == f"f: cannot be read: No such file or directory; {remedy}"


def test_a_folder_is_no_file(tmp_path):
    (line,) = problems(tmp_path)
    assert line.startswith("f: cannot be read: Is a directory; ")


def test_too_large(tmp_path):
    (line,) = problems(written(tmp_path, "# " + "x" * 2_000_000))
    assert line.startswith("f: is larger than 1,048,576 bytes (1 MiB); ")


def test_root_is_the_top_of_the_work_tree(tmp_path):
    file = written(tmp_path, SMALL)
    assert repository_root(file) == tmp_path
    inner = tmp_path / "deep" / "er" / "reconciler.yaml"
    inner.parent.mkdir(parents=True)
    assert repository_root(inner) == inner.parent
    (tmp_path / ".git").mkdir()
    assert repository_root(inner) == tmp_path
    (tmp_path / "deep" / ".git").write_text("gitdir: elsewhere")
    assert repository_root(inner) == tmp_path / "deep"


def test_root_of_a_relative_path(tmp_path, monkeypatch):
    written(tmp_path, SMALL)
    monkeypatch.chdir(tmp_path / "config")
    assert load_config(Path("reconciler.yaml"), SYSTEMS).root == tmp_path


def test_a_secret_is_resolved_from_the_environment_when_it_is_needed():
    secret = Secret("TOKEN")
    assert secret.resolve({"TOKEN": " s3cret\n"}, "pve") == "s3cret"
    for environment in ({}, {"TOKEN": ""}, {"TOKEN": " \n"}):
        with pytest.raises(SourceError) as caught:
            secret.resolve(environment, "pve")
        assert str(caught.value) == (
            "pve: the environment variable TOKEN is not set; export TOKEN (in CI: add a secret of that name)"
        )


def test_a_secret_prints_as_its_reference():
    class Holder(BaseModel):
        token: Secret

    held = Holder(token=Secret("TOKEN"))
    assert held.model_dump(mode="json") == {"token": "${TOKEN}"}
    assert Holder.model_json_schema()["properties"]["token"]["pattern"].startswith(r"^\$\{")


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30s", timedelta(seconds=30)),
        ("15m", timedelta(minutes=15)),
        ("26h", timedelta(hours=26)),
        (" 7d ", timedelta(days=7)),
        ("999999d", timedelta(days=999999)),
        (timedelta(hours=1), timedelta(hours=1)),
    ],
)
def test_durations(text, length):
    assert TypeAdapter(Duration).validate_python(text) == length


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=20))
@example("9" * 400 + "d")
@example("0s")
@example("-1m")
@example("1.5h")
@example("15")
@example("٣s")
def test_any_other_text_is_no_duration_and_no_crash(text):
    adapter = TypeAdapter(Duration)
    if text.strip()[:-1].isascii() and text.strip()[:-1].isdecimal() and int(text.strip()[:-1][:6]):
        return
    with pytest.raises(ValidationError, match="is not a duration"):
        adapter.validate_python(text)


def test_a_link_on_the_way_is_found(tmp_path):
    top = tmp_path / "repo"
    (top / "real" / "config").mkdir(parents=True)
    (top / ".git").mkdir()
    (top / "here").symlink_to("real")
    (tmp_path / "above").symlink_to("repo")
    assert link_within(top / "here" / "config") == top / "here"
    assert link_within(top / "real" / "config") is None
    assert link_within(tmp_path / "above" / "real" / "config") is None  # of the host, not of the repository
    file = top / "here" / "config" / "reconciler.yaml"
    file.write_text(SMALL)
    (told,) = problems(file)
    assert told.startswith("f: here is a symbolic link: a pull request could expose any file of the host")


@pytest.mark.parametrize(
    ("branch", "pulse", "taken"),
    [
        ("a", "b", True),
        ("a/b", "a/c", True),
        ("a", "ab", True),
        (None, "a", True),
        ("a", None, True),
        (None, None, True),
        ("a", "a", False),
        ("a", "a/b", False),
        ("a/b", "a", False),
    ],
)
def test_branch_and_pulse_are_two(branch, pulse, taken):
    with nullcontext() if taken else pytest.raises(ValidationError, match="conflict: git cannot have both"):
        HistorySettings(branch=branch, pulse=pulse)


BRANCH_TEXT = st.text("ab-./", min_size=1, max_size=8) | st.text(min_size=1, max_size=8)


@given(BRANCH_TEXT)
@example("HEAD")
@example("@")
@example("a.lock")
@example("a.lock/b")
@example("a//b")
@example("--force")
@settings(max_examples=60, deadline=None)
def test_git_takes_every_branch_that_we_take(name):
    try:
        HistorySettings(branch=name, pulse=None)
    except ValidationError:
        return
    subprocess.run(["git", "check-ref-format", "--branch", name], check=True, capture_output=True)


@pytest.mark.parametrize("name", ["drift-state", "a", "_a", "team/drift.2", "A/1/b-_c", "v1.locked"])
def test_a_branch(name):
    assert HistorySettings(branch=name, pulse=None).branch == name


@pytest.mark.parametrize(
    "name", ["HEAD", "@", "", "a.lock", "a.lock/b", "a//b", "-a", "a.", "/a", "a/", "a..b", "é"]
)
def test_no_branch(name):
    with pytest.raises(ValidationError, match="is not a valid branch name"):
        HistorySettings(branch=name)


@pytest.mark.parametrize(("written", "meant"), [("reports/", "reports"), ("./a//b", "a/b")])
def test_a_folder_has_one_form(written, meant):
    assert HistorySettings(directory=written).directory == meant
