import json
from dataclasses import replace

import pytest

from reconciler import files, record
from reconciler.config.settings import HistorySettings, Keep
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.model.snapshot import SCHEMA_VERSION
from tests.record.parts import (
    CHECKED_OUT,
    CHECKED_OUT_PUSHED,
    GUESTS,
    LOCAL,
    MARKDOWN,
    MORE,
    NOON,
    PUSHED,
    at,
    count,
    drifted,
    git,
    missing,
    recorded,
    run_in,
    tip,
)

WEB = Key("pve", "guest", "101")
BRANCH = "refs/heads/drift-state"
PULSE = "refs/heads/drift-pulse"


def write(repo, run, settings=LOCAL):
    """A run as the pipeline does it."""
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


def test_the_first_run_starts_a_branch_of_its_own(repo, root):
    run = recorded()
    head, status = tip(root, "refs/heads/main"), git(root, "status", "--porcelain")
    written = write(repo, run)
    assert (written.reason, written.pushed) == ("first", False)
    assert tip(root, BRANCH) == written.commit
    assert run_in(root, PULSE) == run.report.run.id
    assert git(root, "ls-tree", "-r", "--name-only", "drift-state").splitlines() == [
        "reports/latest/changed.json",
        "reports/latest/drift.json",
        "reports/latest/drift.md",
        "reports/latest/ledger.json",
        "reports/latest/live/pve/guest.json",
        "reports/latest/live/pve/pool.json",
        "reports/latest/run.json",
        "reports/latest/summary.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/changes.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/drift.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/drift.md",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/live/pve/guest.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/live/pve/pool.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/run.json",
        f"reports/runs/2026/11/23/{run.report.run.id[8:]}/summary.json",
    ]
    assert count(root, "drift-state") == 1
    assert (tip(root, "refs/heads/main"), git(root, "status", "--porcelain")) == (head, status)


def test_the_message_has_the_changes_and_trailers(repo, root):
    findings = [drifted(WEB, 1, 2), missing(Key("pve", "guest", "$(x)"))]
    findings.append(findings[0].model_copy(update={"id": "i", "ignored_by": "ignore.yaml:1"}))
    write(repo, recorded(findings=findings))
    message = git(root, "log", "-1", "--format=%B", "drift-state")
    run = recorded().report.run
    assert message.splitlines() == [
        "$(x) missing, 101 memory changed",
        "",
        "new       pve/guest/101: /memory",
        "new       pve/guest/$(x): missing",
        "",
        "[skip ci]",
        "",
        f"Drift-Run: {run.id}",
        f"Desired-Commit: {'c' * 40}",
        "Collector-Version: 0.1.0",
    ]
    trailers = git(root, "log", "-1", "--format=%(trailers:key=Drift-Run,valueonly)", "drift-state")
    assert trailers == run.id


def test_rules_and_quiet_runs_have_subjects_too(repo, root):
    write(repo, recorded())
    assert git(root, "log", "-1", "--format=%s", "drift-state") == "no findings, 2 resources"
    lonely = recorded(at(1))
    report = lonely.report.model_copy(
        update={"run": lonely.report.run.model_copy(update={"desired_commit": None})}
    )
    write(repo, replace(lonely, report=report, inventory=replace(lonely.inventory, config={})))
    assert "Desired-Commit" not in git(root, "log", "-1", "--format=%B", "drift-state")
    rule = drifted(WEB, 1, 2).model_copy(update={"type": "duplicate-ip"})
    write(repo, recorded(at(1), findings=[rule]))
    assert git(root, "log", "-1", "--format=%s", "drift-state") == "no new findings, 1 open finding"


def test_dates_and_people(repo, root, monkeypatch):
    write(repo, recorded())
    show = ("log", "-1", "--date=iso-strict", "--format=%an <%ae> %ad %cn")
    assert git(root, *show, "drift-state") == "Op <op@example.test> 2026-11-23T12:00:00+00:00 Op"
    git(root, "config", "--unset", "user.name")
    git(root, "config", "--unset", "user.email")
    write(repo, recorded(at(1), MORE))
    assert git(root, *show, "drift-state").startswith("reconciler <reconciler@localhost>")
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Robot")
    write(repo, recorded(at(2)))
    assert git(root, *show, "drift-state").startswith("Robot <reconciler@localhost>")


@pytest.mark.parametrize("settings", [LOCAL, CHECKED_OUT, PUSHED, CHECKED_OUT_PUSHED])
def test_an_unchanged_site_commits_nothing_three_times(repo, root, bare, settings):
    write(repo, recorded(), settings)
    before = git(root, "for-each-ref"), tip(bare, BRANCH), tip(bare, "refs/heads/main")
    for hour in (1, 2, 3):
        run = recorded(at(hour), dict(reversed(list(GUESTS.items()))))
        written = write(repo, run, settings)
        assert (written.commit, written.reason) == (None, "unchanged")
        pushed = settings.push is not None
        assert run_in(bare if pushed else root, PULSE) == run.report.run.id
        assert written.pushed == pushed
    after = git(root, "for-each-ref"), tip(bare, BRANCH), tip(bare, "refs/heads/main")
    assert [line for line in after[0].splitlines() if "pulse" not in line] == [
        line for line in before[0].splitlines() if "pulse" not in line
    ]
    assert after[1:] == before[1:]
    assert git(root, "status", "--porcelain") == ""


def test_without_a_pulse_an_unchanged_run_writes_no_object_at_all(repo, root):
    settings = HistorySettings(pulse=None)
    write(repo, recorded(), settings)
    assert tip(root, PULSE) is None
    before = git(root, "count-objects", "-v")
    assert write(repo, recorded(at(1)), settings).commit is None
    assert git(root, "count-objects", "-v") == before
    assert tip(root, PULSE) is None


def test_a_change_rewrites_what_changed_and_adds_the_run(repo, root):
    write(repo, recorded())
    written = write(repo, recorded(at(1), MORE))
    assert written.reason == "changed"
    touched = git(root, "diff", "--name-only", "drift-state~", "drift-state").splitlines()
    folder = f"reports/runs/2026/11/23/{recorded(at(1)).report.run.id[8:]}"
    assert sorted(touched) == [
        "reports/latest/changed.json",
        "reports/latest/drift.json",
        "reports/latest/live/pve/guest.json",
        "reports/latest/run.json",
        "reports/latest/summary.json",
        *(f"{folder}/{name}" for name in ("changes.json", "drift.json", "drift.md")),
        *(f"{folder}/live/pve/{name}.json" for name in ("guest", "pool")),
        *(f"{folder}/{name}" for name in ("run.json", "summary.json")),
    ]


def test_a_kind_that_is_no_longer_read_loses_its_file(repo, root):
    write(repo, recorded())
    write(repo, recorded(at(1), scopes=recorded().report.scopes[:1]))
    listing = git(root, "ls-tree", "-r", "--name-only", "drift-state", "reports/latest/")
    assert "guest.json" in listing
    assert "pool.json" not in listing


def test_files_of_others_in_our_folder_stay(repo, root):
    write(repo, recorded())
    git(root, "checkout", "--quiet", "drift-state")
    (root / "reports/latest/live/README.md").write_text("x")
    theirs = git(root, "add", ".") + git(root, "commit", "--quiet", "-m", "read me")
    git(root, "checkout", "--quiet", "main")
    write(repo, recorded(at(1), MORE))
    assert theirs == ""
    assert git(root, "show", "drift-state:reports/latest/live/README.md") == "x"


def test_the_daily_heartbeat_is_one_file(repo, root):
    write(repo, recorded())
    assert write(repo, recorded(at(11))).reason == "unchanged"
    written = write(repo, recorded(at(12)))
    assert written.reason == "heartbeat"
    assert git(root, "diff", "--name-only", "drift-state~", "drift-state").splitlines() == [
        "reports/days/2026/11/23.json",
        "reports/latest/run.json",
    ]
    assert git(root, "log", "-1", "--format=%s", "drift-state") == "heartbeat: nothing changed"
    assert write(repo, recorded(at(13))).reason == "unchanged"
    assert count(root, "drift-state") == 2


def test_files_are_canonical_and_versioned(repo, root):
    write(repo, recorded(observed={WEB: {"ips": ["10.0.0.1"]}}))
    for path in git(root, "ls-tree", "-r", "--name-only", "drift-state").splitlines():
        text = git(root, "show", f"drift-state:{path}")
        if path.endswith(".json"):
            value = json.loads(text)
            assert f"{text}\n".encode() == files.canonical(value)
            assert "/live/" in path or value["schema_version"] == SCHEMA_VERSION
    assert git(root, "show", "drift-state:reports/latest/drift.md") == MARKDOWN.strip()
    assert json.loads(git(root, "show", "drift-pulse:observed.json"))["resources"] == {
        "pve": {"guest": {"101": {"ips": ["10.0.0.1"]}}}
    }


def test_the_pulse_is_one_commit_without_parents_and_without_a_past(repo, root):
    write(repo, recorded())
    write(repo, recorded(at(1), MORE))
    assert count(root, "drift-pulse") == 1
    assert git(root, "ls-tree", "--name-only", "drift-pulse").split() == [
        "days",
        "drift.json",
        "observed.json",
        "run.json",
    ]
    assert git(root, "reflog", "show", "drift-pulse") == ""


def test_an_older_run_does_not_replace_a_newer_pulse(repo, root):
    write(repo, recorded(at(1)))
    pulse = tip(root, PULSE)
    record.write(repo, LOCAL, recorded(), None, MARKDOWN)
    assert tip(root, PULSE) == pulse


def test_a_pulse_that_is_damaged_is_replaced_and_what_is_none_is_not(repo, root):
    blob = git(root, "hash-object", "-w", "--stdin", stdin="{")
    tree = git(root, "mktree", stdin=f"100644 blob {blob}\trun.json\n")
    git(root, "branch", "drift-pulse", git(root, "commit-tree", tree, "-m", "damaged"))
    run = recorded()
    record.write(repo, LOCAL, run, None, MARKDOWN)
    assert run_in(root, PULSE) == run.report.run.id
    git(root, "branch", "--force", "drift-pulse", "main")
    with pytest.raises(RecordError, match=r"history\.pulse: drift-pulse: has no run\.json"):
        record.write(repo, LOCAL, recorded(at(1), MORE), None, MARKDOWN)
    assert tip(root, PULSE) == git(root, "rev-parse", "main")
    assert count(root, "drift-state") == 1


def test_an_older_run_is_kept_beside_a_newer_one(repo, root):
    write(repo, recorded(at(1)))
    late = recorded(NOON, MORE)
    written = record.write(repo, LOCAL, late, None, MARKDOWN)
    assert written.reason == "superseded"
    assert count(root, "drift-state") == 2
    read = record.read(repo, LOCAL)
    assert read is not None
    assert read.report.run.collected_at == at(1)
    assert set(read.inventory.config) == set(recorded().inventory.config)
    assert json.loads(record.read_run(repo, LOCAL, late.report.run.id))["resources"]["pve"]["guest"] == MORE


@pytest.mark.parametrize("settings", [LOCAL, PUSHED, HistorySettings(pulse=None)])
@pytest.mark.parametrize("guests", [GUESTS, MORE])
def test_a_run_by_a_clock_ahead_does_not_shut_out_those_after_it(repo, bare, settings, guests):
    write(repo, recorded(at(24 * 365)), settings)
    write(repo, recorded(at(24 * 365 + 1)), settings)
    written = write(repo, recorded(NOON, guests), settings)
    assert written.reason == ("heartbeat" if guests is GUESTS else "changed")
    read = record.read(repo, settings)
    assert read is not None
    assert read.report.run.collected_at == NOON
    assert set(read.inventory.config) == set(recorded(guests=guests).inventory.config)
    assert write(repo, recorded(at(1), guests), settings).reason == "unchanged"


def test_a_history_that_moved_since_it_was_read_is_read_again(repo):
    previous = record.read(repo, LOCAL)
    write(repo, recorded())
    late = recorded(at(1), MORE)
    late = replace(late, changed_at=record.changed_at(previous, late))
    record.write(repo, LOCAL, late, previous, MARKDOWN)
    read = record.read(repo, LOCAL)
    assert read is not None
    assert read.changed_at[WEB] == NOON
    assert read.changed_at[Key("pve", "guest", "103")] == at(1)


def test_retention_thins_the_tree_and_history_keeps_all(repo, root):
    settings = HistorySettings(keep=Keep.model_validate({"all": "1d", "daily": "3d"}))
    runs = [
        recorded(at(hours), {"101": {"memory": hours}}, changed_at={}) for hours in (0, 1, 24, 47, 48, 72, 96)
    ]
    for run in runs:
        write(repo, run, settings)
    listing = git(root, "ls-tree", "-r", "--name-only", "drift-state", "reports/runs")
    kept = {path.split("/")[5][:7] + path.split("/")[4] for path in listing.splitlines()}
    assert kept == {"T12000025", "T12000026", "T12000027"}
    assert json.loads(record.read_run(repo, settings, runs[0].report.run.id))["resources"]["pve"][
        "guest"
    ] == {"101": {"memory": 0}}


def test_a_linked_work_tree_records_in_the_shared_repository(repo, root, tmp_path):
    git(root, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "side")
    linked = record.open_repository(tmp_path / "linked")
    assert write(linked, recorded()).reason == "first"
    assert write(repo, recorded(at(1))).reason == "unchanged"
    assert write(linked, recorded(at(2), MORE), CHECKED_OUT).reason == "first"
    assert (tmp_path / "linked/reports/latest/run.json").is_file()
    assert git(tmp_path / "linked", "status", "--porcelain") == ""
    assert not (root / "reports").exists()


def test_a_branch_that_is_checked_out_is_not_pulled_away(repo, root):
    write(repo, recorded())
    git(root, "checkout", "--quiet", "drift-state")
    with pytest.raises(
        RecordError, match=r"history: branch drift-state is checked out in .*/clone, and a run"
    ) as caught:
        record.write(repo, LOCAL, recorded(at(1), MORE), None, MARKDOWN)
    assert "history.branch: null" in str(caught.value)
    assert count(root, "drift-state") == 1


def test_hooks_of_the_clone_do_not_run(repo, root):
    for name in ("reference-transaction", "post-index-change", "pre-push", "post-commit"):
        hook = root / f".git/hooks/{name}"
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    write(repo, recorded(), CHECKED_OUT)
    assert write(repo, recorded(at(1), MORE)).reason == "first"


def test_the_environment_of_a_surrounding_git_does_not_leak_in(repo, root, tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE"):
        monkeypatch.setenv(name, str(tmp_path / "elsewhere"))
    write(record.open_repository(root), recorded(), CHECKED_OUT)
    assert (root / "reports/latest/run.json").is_file()
    assert not (tmp_path / "elsewhere").exists()


def test_bytes_are_stored_as_they_are_whatever_the_filters(repo, root):
    git(root, "config", "core.autocrlf", "true")
    (root / ".gitattributes").write_text("* text eol=crlf\n")
    write(repo, recorded())
    write(repo, recorded(), CHECKED_OUT)
    for ref in ("drift-state", "main"):
        assert "\r" not in git(root, "show", f"{ref}:reports/latest/run.json")
    assert write(repo, recorded(at(1)), CHECKED_OUT).reason == "unchanged"


def test_a_repository_of_sha256_objects(tmp_path):
    root = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "--object-format=sha256", str(root))
    (root / "a").write_text("a")
    git(root, "add", "a")
    git(root, "-c", "user.name=a", "-c", "user.email=a", "commit", "--quiet", "-m", "a")
    repo = record.open_repository(root)
    assert write(repo, recorded()).reason == "first"
    assert write(repo, recorded(at(1))).reason == "unchanged"
    assert write(repo, recorded(at(2), MORE, scopes=())).reason == "changed"
    git(root, "fsck", "--strict")


def test_a_branch_of_its_own_needs_no_commit_elsewhere(tmp_path):
    root = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", str(root))
    assert write(record.open_repository(root), recorded()).reason == "first"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (HistorySettings(branch=None, pulse="main"), "history.pulse: is also the branch"),
        (HistorySettings(push="upstream"), "history.push: this repository has no remote named upstream"),
    ],
)
def test_settings_that_cannot_be(repo, root, settings, words):
    for call in (
        lambda: record.read(repo, settings),
        lambda: record.write(repo, settings, recorded(), None, ""),
    ):
        with pytest.raises(RecordError) as caught:
            call()
        assert words in str(caught.value)
    assert git(root, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_nested_folder_for_the_record(repo, root):
    settings = HistorySettings(directory="a/reports/")
    write(repo, recorded(), settings)
    assert git(root, "show", "drift-state:a/reports/latest/drift.md")
    assert write(repo, recorded(at(1)), settings).reason == "unchanged"
