"""The rows of a run: one tree object beside its report, in the history for ever, and in both layouts."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings, Keep
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.record.retention import expired_files
from tests.record.old_layout import make_old
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
    recorded,
)

WEB = Key("pve", "guest", "101")
SHORT = HistorySettings(keep=Keep.model_validate({"live": "1h", "all": "1d", "daily": "3d"}))
FIRST = f"reports/runs/2026/11/23/{recorded().report.run.id[8:]}"


def write(repo, run, settings=LOCAL):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


def files(root, ref="drift-state", below="reports/runs"):
    return git(root, "ls-tree", "-r", "--name-only", ref, f"{below}/").splitlines()


@pytest.mark.parametrize("settings", [LOCAL, CHECKED_OUT])
def test_the_rows_of_a_run_are_the_tree_of_latest_and_run_json_names_it(repo, root, settings):
    write(repo, recorded(), settings)
    branch = settings.branch or "main"
    tree = git(root, "rev-parse", f"{branch}:reports/latest/live")
    assert git(root, "rev-parse", f"{branch}:{FIRST}/live") == tree
    for path in ("reports/latest/run.json", f"{FIRST}/run.json"):
        assert json.loads(git(root, "show", f"{branch}:{path}"))["live"] == tree


def test_a_file_of_a_person_among_the_rows_is_in_no_run(repo, root):
    write(repo, recorded())
    git(root, "checkout", "--quiet", "drift-state")
    (root / "reports/latest/live/README.md").write_text("x")
    commit_all(root, "read me")
    git(root, "checkout", "--quiet", "main")
    later = recorded(at(1), MORE)
    write(repo, later)
    folder = f"reports/runs/2026/11/23/{later.report.run.id[8:]}"
    named = json.loads(git(root, "show", f"drift-state:{folder}/run.json"))["live"]
    assert git(root, "rev-parse", f"drift-state:{folder}/live") == named
    assert "README.md" not in git(root, "ls-tree", "-r", "--name-only", named)


def test_an_unchanged_kind_of_a_changed_run_adds_no_object_for_its_rows(repo, root):
    write(repo, recorded())
    before = int(git(root, "count-objects").split()[0])
    write(repo, recorded(at(1), MORE))
    blobs = git(root, "rev-list", "--objects", "drift-state~..drift-state").splitlines()
    assert [line for line in blobs if line.endswith("pool.json")] == []
    assert int(git(root, "count-objects").split()[0]) - before < 40


def test_the_rows_go_before_the_report_and_stay_readable_for_ever(repo, root):
    runs = [recorded(at(hours), {"101": {"memory": hours}}, changed_at={}) for hours in (0, 2, 30, 120)]
    for run in runs[:2]:
        write(repo, run, SHORT)
    folder = [path for path in files(root) if path.startswith(f"{FIRST}/")]
    assert sorted(path.rpartition("/")[2] for path in folder) == [
        "changes.json",
        "drift.json",
        "drift.md",
        "run.json",
        "summary.json",
    ]
    write(repo, runs[2], SHORT)
    write(repo, runs[3], SHORT)
    assert not any(path.startswith(FIRST) for path in files(root))
    for run, hours in zip(runs, (0, 2, 30, 120), strict=True):
        document = json.loads(record.read_run(repo, SHORT, run.report.run.id))
        assert document["resources"]["pve"]["guest"] == {"101": {"memory": hours}}


def test_a_run_is_read_as_it_was_recorded(repo):
    observed: dict[Key, Row] = {WEB: {"lock": "backup", "unread": ["tags"], "ips": ["10.0.0.1"]}}
    run = recorded(observed=observed, as_of={WEB: at(-5)})
    write(repo, run)
    write(repo, recorded(at(1), MORE))
    document = json.loads(record.read_run(repo, LOCAL, run.report.run.id))
    assert document["resources"]["pve"]["guest"]["101"] == {
        **GUESTS["101"],
        "lock": "backup",
        "unread": ["tags"],
    }
    assert document["as_of"] == {str(WEB): "2026-11-23T07:00:00Z"}
    assert document["run"] == run.report.run.model_dump(mode="json", exclude_none=True)
    assert len(document["scopes"]) == 3


def test_a_shallow_clone_reads_what_it_has_and_names_how_to_get_the_rest(repo, root, tmp_path):
    first, last = recorded(), recorded(at(2), MORE)
    write(repo, first, SHORT)
    write(repo, last, SHORT)
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=drift-state", f"file://{root}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    assert (
        json.loads(record.read_run(shallow, SHORT, last.report.run.id))["resources"]["pve"]["guest"] == MORE
    )
    with pytest.raises(RecordError, match="git fetch --unshallow origin drift-state"):
        record.read_run(shallow, SHORT, first.report.run.id)
    with pytest.raises(RecordError, match="as far as this shallow clone goes"):
        record.read_run(shallow, SHORT, recorded(at(-9)).report.run.id)


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
def test_a_run_without_any_rows_is_read(tmp_path, digest):
    git(tmp_path, "init", "--quiet", f"--object-format={digest}", "clone")
    repo = record.open_repository(tmp_path / "clone")
    empty = recorded(guests={}, scopes=())
    write(repo, empty, SHORT)
    write(repo, recorded(at(2), MORE), SHORT)
    assert json.loads(record.read_run(repo, SHORT, empty.report.run.id))["resources"] == {}
    assert json.loads(record.read_run(repo, SHORT, recorded(at(2)).report.run.id))["resources"]


# Older records


@pytest.mark.parametrize("settings", [LOCAL, CHECKED_OUT])
def test_a_record_of_the_old_layout_is_read_and_continued(repo, root, settings):
    run = recorded(findings=[drifted(WEB, 4096, 8192)])
    write(repo, run, settings)
    make_old(root, settings.branch or "main")
    if settings.branch is None:
        git(root, "checkout", "--quiet", "main")
    read = record.read(repo, settings)
    assert read is not None
    assert (read.problems, read.ledger) == ((), {})
    assert read.report.findings == run.report.findings
    assert read.inventory.config == run.inventory.config
    assert (
        json.loads(record.read_run(repo, settings, run.report.run.id))["resources"]["pve"]["guest"] == GUESTS
    )
    assert write(repo, recorded(at(1), findings=run.report.findings), settings).reason == "unchanged"
    assert write(repo, recorded(at(13), findings=run.report.findings), settings).reason == "heartbeat"
    again = record.read(repo, settings)
    assert again is not None
    assert again.problems == ()
    assert write(repo, recorded(at(14), MORE), settings).reason == "changed"
    assert record.read_run(repo, settings, run.report.run.id)


def test_retention_thins_both_layouts_and_leaves_what_is_not_ours(repo, root):
    write(repo, recorded(), SHORT)
    make_old(root)
    git(root, "checkout", "--quiet", "drift-state")
    (root / f"{FIRST}/notes.txt").write_text("mine")
    (root / "reports/days").mkdir()
    (root / "reports/days/list.json").write_text("mine")
    commit_all(root, "notes")
    git(root, "checkout", "--quiet", "main")
    write(repo, recorded(at(2), MORE), SHORT)
    assert f"{FIRST}/live.json" not in files(root)
    assert f"{FIRST}/drift.json" in files(root)
    assert json.loads(record.read_run(repo, SHORT, recorded().report.run.id))["resources"]["pve"]["guest"]
    write(repo, recorded(at(24 * 5)), SHORT)
    assert f"{FIRST}/notes.txt" in files(root)
    assert f"{FIRST}/drift.json" not in files(root)
    assert files(root, below="reports/days") == ["reports/days/list.json"]


def test_days_stay_as_long_as_the_last_run_of_each():
    paths = [f"days/2026/{month:02}/01.json" for month in range(1, 13)] + ["days/2026/13/99.json", "days/x"]
    gone = expired_files(paths, NOON, Keep(daily=timedelta(days=90)))
    assert gone == {f"days/2026/{month:02}/01.json" for month in range(1, 9)}


@pytest.mark.parametrize("name", ["run.json", "live/pve/guest.json", "observed.json"])
@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": 2}', '{"101": 1}'])
def test_a_run_that_is_not_as_we_wrote_it_is_one_line(repo, root, name, text):
    run = recorded(observed={WEB: {"lock": "backup"}})
    write(repo, run)
    git(root, "checkout", "--quiet", "drift-state")
    (root / FIRST / name).write_text(text)
    commit_all(root, "by hand")
    git(root, "checkout", "--quiet", "main")
    with pytest.raises(RecordError) as caught:
        record.read_run(repo, LOCAL, run.report.run.id)
    assert len(str(caught.value).splitlines()) == 1
    assert name in str(caught.value)
    assert run.report.run.id in str(caught.value)


def test_rows_that_are_gone_from_the_history_are_an_error(repo, root):
    run = recorded()
    write(repo, run, SHORT)
    write(repo, recorded(at(2), MORE), SHORT)
    tree = json.loads(git(root, "show", f"drift-state:{FIRST}/run.json"))["live"]
    (root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    with pytest.raises(RecordError, match="is damaged"):
        record.read_run(repo, SHORT, run.report.run.id)


def test_a_pushed_run_has_its_rows_on_the_remote(repo, root, bare):
    write(repo, recorded(), PUSHED)
    shutil.rmtree(root / ".git/objects")
    (root / ".git/objects").mkdir()
    assert f"{FIRST}/live/pve/guest.json" in files(bare)
