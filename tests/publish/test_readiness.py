"""Whether a publish would work, found out in a folder that is removed again: each state of the folder."""

import os
from pathlib import Path

import pytest

from reconciler.publish.readiness import publish_checks
from tests.privileges import modes_of_files_count


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    return folder


def entries(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def found(directory: Path, *states: str):
    """The checks but for the note that pytest's own folders are closed to others."""
    before = entries(directory.parent)
    checks = [
        check for check in publish_checks(directory, "public") if "a web server cannot read" not in check.what
    ]
    assert entries(directory.parent) == before, "it leaves nothing behind"
    assert tuple(check.state for check in checks) == states
    return checks


def test_a_folder_that_a_run_makes(site):
    (check,) = found(site / "public", "ok")
    assert check.brief == "public/, made by the first run"
    (check,) = found(site / "a/b/public", "ok")


def test_a_folder_that_exists(site):
    (site / "public/releases").mkdir(parents=True)
    (check,) = found(site / "public", "ok")
    assert check.brief == "public/, nothing is published yet"
    name = "20261123T210500Z-3fa9c1"
    (site / "public/releases" / name).mkdir()
    (site / "public/current").symlink_to(f"releases/{name}")
    (check,) = found(site / "public", "ok")
    assert check.brief == f"public/, release {name} is served"


@pytest.mark.parametrize("below", ["public", "public/x"])
def test_a_file_in_its_place(site, below):
    (site / "public").write_text("")
    (check,) = found(site / below, "bad")
    assert check.what == f"{site}/public is not a folder"
    assert check.remedy == "move it away, or change publish.directory"


def test_a_link_that_leads_nowhere(site):
    (site / "public").symlink_to("nowhere")
    (check,) = found(site / "public", "bad")
    assert check.what == f"{site}/public is not a folder"


@pytest.mark.parametrize(
    ("entry", "what"),
    [("current", "is not a symbolic link but a folder"), ("releases", "is not a folder but a file")],
)
def test_other_things_where_ours_go(site, entry, what):
    (site / "public").mkdir()
    if entry == "current":
        (site / "public/current").mkdir()
    else:
        (site / "public/releases").write_text("")
    (check,) = found(site / "public", "bad")
    assert check.what == f"{site}/public/{entry} {what}"


@pytest.mark.parametrize("closed", ["", "public", "public/releases"])
def test_a_folder_that_may_not_be_written_to(site, closed):
    if closed:
        (site / closed).mkdir(parents=True)
    folder = site / closed
    folder.chmod(0o555)
    try:
        with modes_of_files_count():
            (check,) = found(site / "public", "bad")
    finally:
        folder.chmod(0o755)
    assert check.what == f"{folder} cannot be written to: Permission denied"
    assert check.remedy == "let this user write there, or change publish.directory"


def test_whose_folder_it_is(site, monkeypatch):
    (site / "public").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    monkeypatch.setattr(Path, "symlink_to", _refused)
    (check,) = found(site / "public", "bad")
    assert "cannot be given symbolic links: Operation not permitted; it belongs to " in check.what
    assert check.what.endswith(" and this is user 4000000")


def test_a_file_system_without_hard_links(site, monkeypatch):
    (site / "public").mkdir()
    monkeypatch.setattr(Path, "hardlink_to", _refused)
    note, _ = found(site / "public", "note", "ok")
    assert "takes no hard links (Operation not permitted)" in note.what


def _refused(*_arguments):
    raise PermissionError(1, "Operation not permitted")


def test_a_folder_that_web_servers_cannot_reach(site):
    site.chmod(0o700)
    notes = [check.what for check in publish_checks(site / "public", "public") if check.state == "note"]
    assert len(notes) == 1
    assert notes[0].endswith(f"a web server cannot read {site}/public")
