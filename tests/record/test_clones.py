"""Clones that do not have everything (shallow, without blobs or trees) read and record as others do."""

import json
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.model.key import Key
from tests.record.parts import GUESTS, LOCAL, MARKDOWN, MORE, PUSHED, at, count, git, recorded, run_in

WEB = Key("pve", "guest", "101")
CLONES = {
    "depth-1": ("--depth=1",),
    "one branch": ("--single-branch",),
    "blob-less": ("--filter=blob:none",),
    "tree-less": ("--filter=tree:0",),
    "blob-less depth-1": ("--filter=blob:none", "--depth=1"),
    "without large blobs": ("--filter=blob:limit=100",),
}


def write(repo, run, settings=PUSHED):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


@pytest.fixture
def clone(repo, root, bare, tmp_path, how):
    """A clone of a remote on which some runs are recorded."""
    git(bare, "config", "uploadpack.allowFilter", "true")
    for hour in (0, 1):
        write(repo, recorded(at(hour), {**GUESTS, "9": {"n": hour}}))
    git(tmp_path, "clone", "--quiet", *CLONES[how], f"file://{bare}", "partial")
    return record.open_repository(tmp_path / "partial")


@pytest.mark.parametrize("how", CLONES)
def test_it_reads_and_records(clone, bare, how):
    found = record.read(clone, PUSHED)
    assert found is not None
    assert found.inventory.config[Key("pve", "guest", "9")] == {"n": 1}
    assert len(found.runs) == 2
    assert write(clone, recorded(at(2), MORE)).reason == "changed"
    assert write(clone, recorded(at(3), MORE)).reason == "unchanged"
    assert write(clone, recorded(at(24), MORE)).reason == "heartbeat"
    assert count(bare, "drift-state") == 4
    assert run_in(bare, "drift-pulse") == recorded(at(24)).report.run.id
    git(bare, "fsck", "--strict", "--no-dangling")
    again = record.read(clone, PUSHED)
    assert again is not None
    assert set(again.inventory.config) == {Key("pve", "guest", identity) for identity in MORE}


@pytest.mark.parametrize("how", CLONES)
def test_it_reads_a_recorded_run(clone, how):
    record.read(clone, PUSHED)
    for hour in (0, 1):
        run_id = recorded(at(hour)).report.run.id
        document = json.loads(record.read_run(clone, PUSHED, run_id))
        assert document["resources"]["pve"]["guest"]["9"] == {"n": hour}


@pytest.mark.parametrize("how", ["blob-less", "tree-less"])
def test_a_web_host_that_only_pulls_reads_it(clone, how):
    assert record.read(clone, LOCAL) is not None


def _requests(log):
    return sum('"child_class":"' in line and "upload-pack" in line for line in log.read_text().splitlines())


@pytest.mark.parametrize("how", ["blob-less"])
def test_what_is_not_here_is_fetched_at_once(clone, monkeypatch, tmp_path):
    log = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(log))
    previous = record.read(clone, PUSHED)
    assert _requests(log) <= 4
    record.write(clone, PUSHED, recorded(at(2), MORE), previous, MARKDOWN)
    assert _requests(log) <= 8


@pytest.mark.parametrize("how", ["blob-less", "tree-less"])
def test_a_remote_that_is_away_is_no_damage(clone, bare, how):
    bare.rename(bare.with_name("away"))
    with pytest.raises(RecordError) as caught:
        record.read(clone, PUSHED, fetch=False)
    assert "damaged" not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "origin" in str(caught.value)
