import json
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.model.snapshot import Scope
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    MORE,
    NOON,
    PUSHED,
    at,
    commit_all,
    drifted,
    git,
    make_bare,
    recorded,
    tip,
)

WEB = Key("pve", "guest", "101")


def write(repo, run, settings=LOCAL):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


def edit(root, branch, path, text):
    """Somebody edits the record by hand."""
    git(root, "checkout", "--quiet", branch)
    if text is None:
        (root / path).unlink()
    else:
        (root / path).write_text(text)
    commit_all(root, "by hand")
    git(root, "checkout", "--quiet", "main")


@pytest.mark.parametrize(
    "settings", [LOCAL, CHECKED_OUT, PUSHED, HistorySettings(branch=None, push="origin")]
)
def test_nothing_is_recorded_yet(repo, bare, settings):
    assert record.read(repo, settings) is None


@pytest.mark.parametrize(
    "settings", [LOCAL, CHECKED_OUT, PUSHED, HistorySettings(branch=None, push="origin")]
)
def test_what_was_written_is_read(repo, bare, settings):
    run = recorded(
        findings=[drifted(WEB, 4096, 8192)], observed={WEB: {"ips": ["10.0.0.1"]}}, as_of={WEB: at(-5)}
    )
    written = write(repo, run, settings)
    assert record.read(repo, settings) == as_read(run, written)


def as_read(run, written):
    known = frozenset({run.report.run.id})
    return replace(run, commit=written.commit, position=written.position, known=known, runs=written.runs)


def test_observed_rows_are_lost_without_a_pulse(repo):
    settings = HistorySettings(pulse=None)
    run = recorded(observed={WEB: {"ips": []}})
    written = write(repo, run, settings)
    assert record.read(repo, settings) == as_read(
        replace(run, inventory=replace(run.inventory, observed={})), written
    )


def test_the_pulse_tells_the_facts_of_the_last_run(repo):
    write(repo, recorded())
    scopes = [Scope(source="pve", kind="guest", listed="complete", count=99), *recorded().report.scopes[1:]]
    last = recorded(at(1), scopes=scopes, observed={WEB: {"ips": ["10.0.0.2"]}}, changed_at={})
    assert write(repo, last).reason == "unchanged"
    read = record.read(repo, LOCAL)
    assert read is not None
    assert (read.report.run, read.report.scopes) == (last.report.run, last.report.scopes)
    assert read.inventory.observed == last.inventory.observed
    assert read.changed_at == dict.fromkeys(read.inventory.config, NOON)


def test_a_pulse_of_another_history_gives_nothing(repo, root):
    """A run whose pulse was refused, or that was killed before it: what was observed earlier is not of it."""
    write(repo, recorded(observed={WEB: {"ips": []}}))
    old = tip(root, "refs/heads/drift-pulse")
    assert record.without_pulse(repo, LOCAL) is None
    write(repo, recorded(at(1), MORE))
    git(root, "update-ref", "refs/heads/drift-pulse", str(old))
    read = record.read(repo, LOCAL)
    assert read is not None
    assert read.report.run.collected_at == at(1)
    assert read.inventory.observed == {}
    assert "drift-pulse: does not belong to this history: times are" in str(record.without_pulse(repo, LOCAL))


def test_a_clone_reads_what_origin_has_without_any_remote_configured(repo, root, tmp_path):
    """A web host that only pulls."""
    written = write(repo, recorded(observed={WEB: {"ips": []}}))
    git(tmp_path, "clone", "--quiet", str(root), "web")
    web = record.open_repository(tmp_path / "web")
    assert record.read(web, LOCAL) == as_read(recorded(observed={WEB: {"ips": []}}), written)
    assert record.read(web, HistorySettings(push="origin"), fetch=False) == record.read(web, LOCAL)
    (tmp_path / "clone").rename(tmp_path / "away")
    assert record.read(web, HistorySettings(push="origin"), fetch=False) is not None
    assert record.write(web, LOCAL, recorded(at(1), MORE), record.read(web, LOCAL), "").reason == "changed"
    assert git(tmp_path / "web", "rev-parse", "drift-state~") == written.commit


def test_a_history_that_went_on_locally_is_pushed_whole_once_there_is_a_remote(repo, root, tmp_path):
    write(repo, recorded())
    bare = make_bare(tmp_path / "late.git")
    git(root, "remote", "add", "origin", str(bare))
    written = write(repo, recorded(at(1), MORE), PUSHED)
    assert written.reason == "changed"
    assert git(bare, "rev-list", "--count", "drift-state") == "2"


EDITS = [
    ("latest/run.json", "<<<<<<< HEAD", "is not JSON"),
    ("latest/run.json", None, "is missing"),
    ("latest/drift.json", "{}", "has schema_version None"),
    ("latest/drift.json", None, "is missing"),
    ("latest/changed.json", None, "is missing"),
    ("latest/ledger.json", None, "is missing"),
    ("latest/ledger.json", "{", "is not JSON"),
    ("latest/ledger.json", '{"schema_version": "1.0", "findings": {"x": 1}}', "is not what this version"),
    ("latest/live/pve/guest.json", "[]", "is not a mapping from ids"),
]


@pytest.mark.parametrize(("path", "text", "what"), EDITS)
def test_the_last_good_version_of_a_bad_file_counts(repo, root, path, text, what):
    written = write(repo, recorded())
    good = record.read(repo, LOCAL)
    edit(root, "drift-state", f"reports/{path}", text)
    read = record.read(repo, LOCAL)
    assert read is not None
    assert good is not None
    assert read == replace(good, commit=tip(root, "refs/heads/drift-state"), problems=read.problems)
    (problem,) = map(str, read.problems)
    assert problem.startswith(f"drift-state: reports/{path}: {what}")
    assert problem.endswith(
        f"its version of {str(written.commit)[:12]} counts instead, and this run writes it again"
    )
    assert write(repo, recorded(at(1))).reason == "changed"
    again = record.read(repo, LOCAL)
    assert again is not None
    assert again.problems == ()


@pytest.mark.parametrize(
    ("path", "text", "remedy"),
    [
        (
            "latest/drift.json",
            '{"schema_version": "2.0"}',
            r"reconciler 0\.1\.0 wrote it; upgrade reconciler",
        ),
        ("latest/run.json", '{"schema_version": "2.0"}', "upgrade reconciler"),
        (
            "latest/run.json",
            '{"schema_version": "3.1", "run": {"version": "9.0.0"}}',
            r"reconciler 9\.0\.0 wrote it; upgrade reconciler",
        ),
        ("latest/run.json", '{"schema_version": "2.0", "run": {"version": [1]}}', "upgrade reconciler"),
        (
            "latest/ledger.json",
            '{"schema_version": "2.0"}',
            r"reconciler 0\.1\.0 wrote it; upgrade reconciler",
        ),
    ],
)
def test_nothing_is_read_or_written_upon_a_record_of_a_newer_version(repo, root, path, text, remedy):
    write(repo, recorded())
    previous = record.read(repo, LOCAL)
    edit(root, "drift-state", f"reports/{path}", text)
    before = tip(root, "refs/heads/drift-state")
    with pytest.raises(
        RecordError, match=rf"drift-state at [0-9a-f]{{12}}: reports/{path}: .*{remedy}"
    ) as caught:
        record.read(repo, LOCAL)
    assert "\n" not in str(caught.value)
    assert previous is not None
    moved = replace(previous, commit=before)
    with pytest.raises(RecordError, match=r"drift-state at "):
        record.write(repo, LOCAL, recorded(at(1), MORE), moved, "")
    assert tip(root, "refs/heads/drift-state") == before


def test_a_bad_file_without_an_earlier_version_is_an_error_that_names_the_remedy(repo, root, tmp_path):
    write(repo, recorded())
    edit(root, "drift-state", "reports/latest/run.json", "{")
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=drift-state", f"file://{root}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    with pytest.raises(RecordError, match=r"run\.json: is not JSON; revert the commit that changed it"):
        record.read(shallow, LOCAL)


def test_the_words_of_an_unchanged_run_are_in_the_pulse(repo):
    write(repo, recorded(findings=[drifted(WEB, 4096, 8192)]))
    same = drifted(WEB, 4096, 8192).model_copy(update={"reason": "said in other words"})
    later = recorded(at(1), findings=[same])
    assert write(repo, later).reason == "unchanged"
    found = record.read(repo, LOCAL)
    assert found is not None
    assert found.report == later.report


@pytest.mark.parametrize("path", ["run.json", "drift.json", "observed.json"])
@pytest.mark.parametrize("text", ["x", '{"schema_version": "2.0"}'])
def test_a_pulse_that_is_not_as_we_wrote_it_stops_nothing_and_is_mended(repo, root, path, text):
    write(repo, recorded(observed={WEB: {"ips": []}}))
    edit(root, "drift-pulse", path, text)
    read = record.read(repo, LOCAL)
    assert read is not None
    assert (read.report.run.collected_at, read.inventory.observed) == (NOON, {})
    assert write(repo, recorded(at(1), observed={WEB: {"ips": []}})).reason == "unchanged"
    mended = record.read(repo, LOCAL)
    assert mended is not None
    assert (mended.report.run.collected_at, mended.inventory.observed) == (at(1), {WEB: {"ips": []}})


def test_the_snapshot_of_a_run(repo):
    run, later = recorded(), recorded(at(1), MORE)
    write(repo, run)
    write(repo, later)
    document = json.loads(record.read_run(repo, LOCAL, run.report.run.id))
    assert document["run"]["id"] == run.report.run.id
    assert document["resources"] == {"pve": {"guest": GUESTS}}
    assert [scope["kind"] for scope in document["scopes"]] == ["guest", "pool", "storage"]
    assert record.read_run(repo, LOCAL, "latest") == record.read_run(repo, LOCAL, later.report.run.id)


def test_the_latest_snapshot_of_a_remote(repo, bare, tmp_path):
    write(repo, recorded(), PUSHED)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{bare}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    with pytest.raises(RecordError, match="latest: nothing is recorded on drift-state yet"):
        record.read_run(shallow, PUSHED, "latest")
    assert json.loads(record.read_run(shallow, PUSHED, "latest", fetch=True))["resources"]
    assert json.loads(record.read_run(shallow, PUSHED, "latest"))["resources"]


@pytest.mark.parametrize("run_id", ["20261123T120000Z-000000", "yesterday", "../../../etc/passwd", "x" * 999])
@pytest.mark.parametrize("first", [True, False])
def test_a_run_that_is_not_there(repo, run_id, first):
    if not first:
        write(repo, recorded())
    with pytest.raises(RecordError) as caught:
        record.read_run(repo, LOCAL, run_id)
    assert len(str(caught.value)) < 250
