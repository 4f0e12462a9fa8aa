import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from urllib3 import PoolManager

from reconciler.publish.serve.server import ReleaseServer
from tests.site_repository import SiteRepository

CLONES = {"a full clone": (), "a clone of the history alone": ("--branch=drift-state", "--single-branch")}


def _git(directory: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=directory, check=True, capture_output=True, text=True
    ).stdout.strip()


def _tree(directory: Path) -> dict[str, bytes]:
    root = directory / "current" / "v1"
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _documents(directory: Path) -> set[str]:
    root = directory / "current"
    return {str(path.relative_to(root)) for path in root.rglob("*.json")}


@pytest.fixture
def site(pushed_site):
    return pushed_site


def test_a_clone_publishes_the_very_tree_of_the_run(lab, site, tmp_path, monkeypatch, capsys):

    def same_everywhere() -> None:
        run = _tree(site.root / "public")
        assert len(run) > 100
        for number, arguments in enumerate(CLONES.values()):
            clone = tmp_path / f"clone-{number}"
            if clone.exists():
                _git(clone, "fetch", "--quiet")
            else:
                _git(tmp_path, "clone", "--quiet", *arguments, f"file://{tmp_path}/remote.git", clone.name)
                _git(clone, "remote", "set-branches", "--add", "origin", "drift-state", "drift-pulse")
                _git(clone, "fetch", "--quiet")
            monkeypatch.chdir(clone)
            assert site.run("publish") == 0
            assert _tree(clone / "public") == run
        monkeypatch.chdir(site.root)

    assert site.run("run") == 0
    same_everywhere()
    lab.state.edit_guest(113, memory="16384")
    lab.state.set_node_online("r630-02", online=False)
    assert site.run("run") == 3
    same_everywhere()
    lab.state.edit_guest(113, memory="32768")
    assert site.run("run") == 3
    assert len(site.report("origin/drift-state")["resolved"]) == 1
    capsys.readouterr()
    assert site.run("run") == 3
    assert "nothing changed, no commit" in capsys.readouterr().out
    same_everywhere()


def test_a_clone_without_the_pulse_is_told_so(site, tmp_path, monkeypatch, capsys):
    assert site.run("run") == 0
    _git(tmp_path, "clone", "--quiet", "--branch=drift-state", "--single-branch", "remote.git", "web")
    monkeypatch.chdir(tmp_path / "web")
    capsys.readouterr()
    assert site.run("publish") == 0
    told = capsys.readouterr().err.strip()
    assert told.startswith("warning: drift-pulse: is not in this clone")
    command = told.partition("; ")[2]
    subprocess.run(["sh", "-ec", command], check=True, capture_output=True)
    assert site.run("publish") == 0
    assert capsys.readouterr().err == ""
    assert _tree(tmp_path / "web" / "public") == _tree(site.root / "public")


@pytest.mark.parametrize("every_branch", [False, True], ids=["history alone", "all branches"])
def test_a_clone_finds_a_history_that_has_names_of_its_own(
    lab, site, tmp_path, monkeypatch, capsys, every_branch
):
    names = "{push: origin, branch: team/site, pulse: team/beat, directory: what/was}"
    site.configure(site.source(lab), history=names)
    site.commit()
    assert site.run("run") == 0
    which = () if every_branch else ("--single-branch",)
    _git(tmp_path, "clone", "--quiet", "--branch=team/site", *which, "remote.git", "web")
    if not every_branch:
        _git(tmp_path / "web", "remote", "set-branches", "--add", "origin", "team/beat")
        _git(tmp_path / "web", "fetch", "--quiet")
    monkeypatch.chdir(tmp_path / "web")
    capsys.readouterr()
    assert site.run("publish") == 0
    assert capsys.readouterr().err == ""
    assert _tree(tmp_path / "web" / "public") == _tree(site.root / "public")


def test_of_two_histories_the_checked_out_one_is_published(lab, site, tmp_path, monkeypatch, capsys):
    for name in ("one", "two"):
        site.configure(site.source(lab), history=f"{{push: origin, branch: {name}, pulse: {name}-pulse}}")
        site.commit(name)
        assert site.run("run") == 0
    published = _tree(site.root / "public")
    _git(tmp_path, "clone", "--quiet", "--branch=two", "remote.git", "web")
    monkeypatch.chdir(tmp_path / "web")
    capsys.readouterr()
    assert site.run("publish") == 0
    assert "drift-pulse: is not in this clone" in capsys.readouterr().err, "of two pulses none is chosen"
    index = json.loads(_tree(tmp_path / "web" / "public")["index.json"])
    assert index["run_id"] == json.loads(published["index.json"])["run_id"]
    _git(tmp_path / "web", "checkout", "--quiet", "--detach", "origin/main")
    (tmp_path / "web" / "config" / "reconciler.yaml").unlink()
    assert site.run("publish") == 1
    assert "nothing is recorded on drift-state yet" in capsys.readouterr().err


def test_a_config_that_is_named_and_missing_is_no_clone_of_the_history(site, capsys):
    assert site.run("run") == 0
    capsys.readouterr()
    assert site.run("--config", "config/reconcilier.yaml", "publish") == 1
    assert "config/reconcilier.yaml" in capsys.readouterr().err


ENVELOPE = {
    *("schema_version", "site", "run_id", "collected_at", "stale_after", "desired_commit", "data"),
}


def _links(value: object) -> Iterator[str]:
    """Every route that a document names."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name != "fields":
                yield from _links(each)
    elif isinstance(value, list):
        for each in value:
            yield from _links(each)
    elif isinstance(value, str) and value.startswith("/v1") and "{" not in value:
        yield value


def _crawl(url: str) -> dict[str, Any]:
    """Every document that can be reached from the index by links."""
    found: dict[str, Any] = {}
    waiting = ["/v1"]
    with PoolManager(timeout=10) as pool:
        while waiting:
            route = waiting.pop()
            answer = pool.request("GET", f"{url}{route}")
            assert answer.status == 200, route
            found[route] = answer.json()
            waiting += {link for link in _links(found[route]) if link not in found and link not in waiting}
    return found


def test_a_portal_finds_everything_from_the_index_and_the_counts_add_up(lab, site):
    assert site.run("run") == 0
    lab.state.edit_guest(113, memory="16384")
    lab.state.remove_guest(120)
    lab.state.set_node_online("r630-02", online=False)
    lab.state.add_guest(199, node="ml110", name="../../<rogue>", memory="512")
    assert site.run("run") == 3
    with ReleaseServer(site.root / "public") as server:
        found = _crawl(server.url)
    routes = {f"/{path.removesuffix('.json')}" for path in _documents(site.root / "public")}
    assert {route if route != "/v1" else "/v1/index" for route in found} == routes

    runs = {document["run_id"] for document in found.values() if "run_id" in document}
    assert len(runs) == 1
    summary, drift = found["/v1/summary"]["data"], found["/v1/inventory/drift"]["data"]
    entries: dict[str, Any] = {}
    for route, document in found.items():
        if route.count("/") < 5:
            assert document.keys() == ENVELOPE, route
            continue
        assert document["links"]["health"] == "/v1/health"
        entries[document["data"]["key"]] = document["data"]
    verdicts = {key: entry["verdict"] for key, entry in entries.items() if entry["verdict"]}
    assert verdicts == drift["verdicts"]
    counted = Counter(verdicts.values())
    assert {name: number for name, number in summary["verdicts"].items() if number} == counted
    assert {"in_sync", "drifted", "missing", "unmanaged", "unverified"} == counted.keys()
    assert len(entries) == summary["resources"] == summary["inventory"] + len(verdicts)
    assert sum(summary["findings"].values()) == len(drift["findings"])
    assert {each["id"] for each in drift["findings"]} == {
        finding["id"] for entry in entries.values() for finding in entry["findings"]
    }
    for document in found.values():
        for row in document["data"].get("resources", []) if "kind" in document["data"] else ():
            whole = entries[row["key"]]
            ids = row.pop("finding_ids")
            assert ids == [finding["id"] for finding in whole["findings"]]
            assert row == {name: whole[name] for name in row}
    for entry in entries.values():
        assert (entry["managed"] is None) == (entry["verdict"] is None)
        assert ("as_of" in entry) <= (entry["verdict"] in {"unverified", None})
    carried = entries["pve/guest/137"]
    health = found["/v1/health"]["data"]["sources"]["pve"]
    assert (
        carried["as_of"] < found["/v1/summary"]["collected_at"] or carried["as_of"] <= health["last_success"]
    )
    live = found["/v1/inventory/live"]["data"]["resources"]["pve"]["guest"]
    assert live.keys() == {
        key.split("/")[2]
        for key, entry in entries.items()
        if entry["kind"] == "guest" and entry["fields"] is not None
    }
    assert "120" not in live


def test_a_folder_that_is_not_to_be_written_to_is_refused_by_every_command(
    quiet_lab, tmp_path, monkeypatch, capsys
):
    site = SiteRepository(tmp_path / "site", monkeypatch)
    refused = "lies in a folder where git keeps its own files; choose another"
    site.configure(site.source(quiet_lab), more="publish: {directory: .git}\n")
    for command in ("validate", "run", "publish"):
        capsys.readouterr()
        assert site.run(command) == 1
        error = capsys.readouterr().err
        assert f"reconciler.yaml:3:11: publish.directory: {refused} folder" in error, error
    site.configure(site.source(quiet_lab))
    before = sorted((site.root / ".git").iterdir())
    assert site.run("publish", "--directory", ".git") == 64
    assert f".git: {refused} --directory" in capsys.readouterr().err
    assert sorted((site.root / ".git").iterdir()) == before
