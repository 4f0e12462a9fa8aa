import os
from pathlib import Path

import pytest

from reconciler.desired import directory
from reconciler.desired.directory import read_directory
from reconciler.errors import DesiredStateError
from reconciler.yamlfile.syntax import MAX_BYTES


def problems(path: Path) -> list[str]:
    with pytest.raises(DesiredStateError) as caught:
        read_directory(path)
    return [str(problem).replace(str(path), "D") for problem in caught.value.problems]


def test_files_by_their_path(tmp_path):
    for path in (
        "pve/guest.yaml",
        "pve/guest/a.yaml",
        "notes.txt",
        "README.md",
        "pve/README.md",
        ".github/x",
        "pve/.b",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    assert read_directory(tmp_path) == {
        path: path.encode() for path in ("notes.txt", "pve/guest.yaml", "pve/guest/a.yaml")
    }


def test_links_and_odd_files_are_refused_all_at_once(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("secret")
    top = tmp_path / "top"
    top.mkdir()
    (top / "a.yaml").symlink_to(outside / "secret.yaml")
    (top / "b").symlink_to(outside)
    (top / "c.yaml").symlink_to("nowhere")
    os.mkfifo(top / "d.yaml")
    (top / "e\x1b[31m.yaml").write_text("")
    assert problems(top) == [
        "D/a.yaml: is a symbolic link; replace it with the file itself",
        "D/b: is a symbolic link; replace it with the file itself",
        "D/c.yaml: is a symbolic link; replace it with the file itself",
        "D/d.yaml: is not a regular file; remove it",
        r"D/e\x1b[31m.yaml: has a name with unprintable characters; rename it",
    ]


@pytest.mark.parametrize("folder", ["", "pve", "pve/guest/more"])
@pytest.mark.parametrize("kind", ["submodule", "clone"])
def test_a_repository_inside_is_refused_as_git_would_record_only_its_commit(tmp_path, folder, kind):
    (tmp_path / "pve").mkdir()
    inner = tmp_path / folder
    inner.mkdir(parents=True, exist_ok=True)
    if kind == "clone":
        (inner / ".git").mkdir()
    else:
        (inner / ".git").write_text("gitdir: ../.git/modules/x\n")
    place = f"D/{folder}".rstrip("/")
    what = "is a git repository of its own, so a run cannot record what it declares"
    assert problems(tmp_path) == [f"{place}: {what}; move its files into this repository (no submodule)"]


def test_the_folder_itself(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    assert problems(tmp_path / "link") == [
        "D: is a symbolic link; replace it with a folder of the repository"
    ]
    assert problems(tmp_path / "none")[0].startswith("D: does not exist; `reconciler adopt --write` makes it")
    (tmp_path / "file").write_text("")
    assert problems(tmp_path / "file")[0].startswith("D: is not a folder; make it a folder")


def test_of_a_large_file_no_more_is_read_than_shows_it(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"x" * (MAX_BYTES + 1000))
    assert len(read_directory(tmp_path)["a.yaml"]) == MAX_BYTES + 1


def test_too_much(tmp_path, monkeypatch):
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_bytes(b"x" * 10)
    monkeypatch.setattr(directory, "MAX_FILES", 2)
    assert problems(tmp_path) == ["D: has more than 2 files; put several resources into one file"]
    monkeypatch.setattr(directory, "MAX_FILES", 3)
    monkeypatch.setattr(directory, "MAX_TOTAL", 29)
    assert problems(tmp_path) == ["D: has more than 0 MiB; declare less"]


def test_what_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "a.yaml").write_text("a")
    (tmp_path / "b").mkdir()
    real_open, real_scan = os.open, os.scandir

    def refusing_open(path, *arguments):
        raise PermissionError(13, "Permission denied")

    def refusing_scan(path):
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied")
        return real_scan(path)

    monkeypatch.setattr(os, "open", refusing_open)
    monkeypatch.setattr(os, "scandir", refusing_scan)
    found = problems(tmp_path)
    monkeypatch.setattr(os, "open", real_open)
    assert found == ["D/a.yaml: cannot be read: Permission denied", "D/b: cannot be read: Permission denied"]
