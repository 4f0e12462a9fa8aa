"""The check of what is served finds every kind of damage, and nothing where there is none."""

import gzip
import json
import os
import shutil

import pytest

from reconciler.errors import Problem, PublishError
from reconciler.publish.check import check
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.manifest import OWN_FILES, read_manifest
from reconciler.publish.mark_stale import mark_stale
from tests.privileges import modes_of_files_count
from tests.publish import site
from tests.publish.test_mark_stale import STALE
from tests.publish.test_publish import FIRST, big, changed, put, tree
from tests.publish.test_rollback import flip

SUMMARY, COMPRESSED = "v1/summary.json", "v1/inventory/guests.json.gz"
PLANNED = ("/v1/feed", "/v1/history/")
"""Pages link to these; where the table does not have them yet, that is no damage."""


def found(directory, validate=lambda _path, _data: ()):
    """The lines about what is served, without the name of the release."""
    lacking = [route for route in PLANNED if not any(one.route.startswith(route) for one in DOCUMENTS)]
    directory.chmod(0o755)  # pytest makes its folders for one user
    lines = [str(problem).removeprefix(f"{FIRST}/") for problem in check(directory, validate).problems]
    return [line for line in lines if not any(f"nowhere: {route}" in line for route in lacking)]


@pytest.fixture
def release(tmp_path):
    return put(tmp_path, big(note="xyz")).release


@pytest.mark.parametrize("recorded", [site.recorded(), big(), changed()], ids=["site", "big", "changed"])
def test_what_was_published_has_no_problem(tmp_path, recorded):
    put(tmp_path, recorded)
    assert found(tmp_path) == []
    mark_stale(tmp_path, STALE)
    assert found(tmp_path) == []
    put(tmp_path, changed("20261124T000000Z-000001"))
    assert found(tmp_path) == []
    files = {path for path in (tmp_path / "current").resolve().rglob("*") if path.is_file()}
    checked = check(tmp_path)
    assert (checked.files, checked.bytes) == (len(files), sum(path.stat().st_size for path in files))


def test_the_manifest_lists_every_file_but_itself(release):
    listed = read_manifest(release)
    assert listed is not None
    assert listed.keys() == tree(release).keys() - OWN_FILES
    assert {path: entry.size for path, entry in listed.items()} == {
        path: len(data) for path, data in tree(release).items() if path not in OWN_FILES
    }
    assert json.loads((release / "v1/manifest.json").read_bytes())["run_id"] == FIRST


def replaced(path, make):
    path.unlink()
    make(path)


def unzip(path):
    path.write_bytes(gzip.decompress(path.read_bytes()))


def link_to_a_folder(path):
    shutil.rmtree(path)
    path.symlink_to("/etc")


def other_copy(path):
    path.write_bytes(gzip.compress(b"{}"))


DAMAGE = {
    "a document is gone": (lambda r: (r / SUMMARY).unlink(), [f"{SUMMARY}: is missing, though"]),
    "a page is gone": (lambda r: (r / "index.html").unlink(), ["index.html: is missing"]),
    "a compressed copy is gone": (lambda r: (r / COMPRESSED).unlink(), [f"{COMPRESSED}: is missing"]),
    "a bit of a document": (
        lambda r: flip(r / "v1/inventory/guests/pve/1.json"),
        ["v1/inventory/guests/pve/1.json: has another SHA-256 than in /v1/manifest; publish again"],
    ),
    "a bit of a compressed copy": (
        lambda r: flip(r / COMPRESSED),
        [f"{COMPRESSED}: has another SHA-256", f"{COMPRESSED}: does not unpack"],
    ),
    "a bit of a page": (lambda r: flip(r / "index.html"), ["index.html: has another SHA-256"]),
    "a document is cut": (
        lambda r: (r / SUMMARY).write_text("{"),
        [f"{SUMMARY}: has 1 bytes, and", "is not JSON"],
    ),
    "a compressed copy is not gzip": (
        lambda r: unzip(r / COMPRESSED),
        [f"{COMPRESSED}: has ", f"{COMPRESSED}: does not unpack to guests.json"],
    ),
    "a compressed copy of another document": (
        lambda r: other_copy(r / COMPRESSED),
        [f"{COMPRESSED}: does not unpack to guests.json"],
    ),
    "a document too many": (
        lambda r: (r / "v1/stray.json").write_text("{}"),
        ["v1/stray.json: is not in /v1/manifest; remove it, or publish again"],
    ),
    "a compressed copy of nothing": (
        lambda r: (r / "v1/stray.json.gz").write_bytes(b""),
        ["v1/stray.json.gz: is not in"],
    ),
    "a name that is none of ours": (
        lambda r: (r / "v1/.a\n\x1b[31mb").touch(),
        [r"v1/.a\n\x1b[31mb: is not a file"],
    ),
    "a file at the top": (lambda r: (r / "robots.txt").touch(), ["robots.txt: is not a file of a release"]),
    "a symbolic link": (
        lambda r: replaced(r / SUMMARY, lambda path: path.symlink_to("/etc/hostname")),
        [f"{SUMMARY}: is a symbolic link; remove it, or publish again", f"{SUMMARY}: is missing"],
    ),
    "a link to a folder": (
        lambda r: link_to_a_folder(r / "assets"),
        ["assets: is a symbolic link"],
    ),
    "a FIFO": (lambda r: replaced(r / SUMMARY, os.mkfifo), [f"{SUMMARY}: is not a regular file"]),
    "a closed file": (
        lambda r: (r / SUMMARY).chmod(0o640),
        [f"{SUMMARY}: cannot be read by a web server; chmod 644 it, or publish again"],
    ),
    "a closed folder": (
        lambda r: (r / "v1").chmod(0o750),
        ["v1: cannot be entered by a web server; chmod 755"],
    ),
    "no manifest": (
        lambda r: (r / "v1/manifest.json").unlink(),
        [f"{FIRST}: has no readable /v1/manifest: it is damaged, or an older version published it"],
    ),
    "a manifest that lists a file too many": (
        lambda r: lists_too_many(r / "v1/manifest.json"),
        [r"v1/\u202e.json: is missing, though /v1/manifest lists it"],
    ),
    "a dead link": (
        lambda r: links_nowhere(r / SUMMARY),
        [f"{SUMMARY}: has a link that leads nowhere: /v1/x y"],
    ),
}


def lists_too_many(path):
    document = json.loads(path.read_bytes())
    document["data"]["files"]["v1/\u202e.json"] = {"sha256": "0" * 64, "size": 1}
    path.write_text(json.dumps(document))


def links_nowhere(path):
    document = json.loads(path.read_bytes())
    document["data"]["links"]["x"] = ["/v1/x y"]
    path.write_text(json.dumps(document))


@pytest.mark.parametrize(("damage", "expected"), DAMAGE.values(), ids=DAMAGE)
def test_every_kind_of_damage_is_found(tmp_path, release, damage, expected):
    damage(release)
    lines = found(tmp_path)
    for text in expected:
        assert any(text in line for line in lines), (text, lines)
    assert all(line.isprintable() and line.isascii() for line in lines)


def test_publishing_again_repairs_all_of_it(tmp_path):
    for damage, _expected in DAMAGE.values():
        release = put(tmp_path, big(note="xyz"), reread=True).release
        assert found(tmp_path) == []
        damage(release)
    again = put(tmp_path, big(note="xyz"), reread=True)
    assert found(tmp_path) == []
    assert put(tmp_path, big(note="xyz"), reread=True).release == again.release


def test_every_problem_is_named_and_not_just_the_first(tmp_path, release):
    (release / "v1/capacity.json").unlink()
    flip(release / "assets/icon.svg")
    (release / "v1/stray.json").write_text("[")
    lines = found(tmp_path)
    assert lines == [
        "assets/icon.svg: has another SHA-256 than in /v1/manifest; publish again",
        "v1/stray.json: is not in /v1/manifest; remove it, or publish again",
        "v1/stray.json: is not JSON; publish again",
        "v1/capacity.json: is missing, though /v1/manifest lists it; publish again",
        "v1/index.json: has a link that leads nowhere: /v1/capacity; publish again",
    ]


def test_what_does_not_fit_its_schema_is_found(tmp_path, release):
    def validate(path, data):
        return [Problem(path, "/data/verdict: is missing")] * 9 if path == SUMMARY and data else ()

    assert (
        found(tmp_path, validate)
        == [f"{SUMMARY}: does not fit its schema: /data/verdict: is missing; publish again"] * 3
    )


@pytest.mark.parametrize("path", [SUMMARY, COMPRESSED, "v1", "assets/style.css"])
def test_what_this_user_may_not_read_is_found(tmp_path, release, path):
    (release / path).chmod(0)
    with modes_of_files_count():
        lines = found(tmp_path)
    (release / path).chmod(0o755)
    assert (
        any(line.startswith(f"{path}: cannot be read: Permission denied") for line in lines) or path == "v1"
    )
    assert any("Permission denied" in line for line in lines)


@pytest.mark.parametrize("folder", [".", "releases"])
def test_a_folder_above_that_a_web_server_cannot_enter_is_found(tmp_path, release, folder):
    tmp_path.chmod(0o755)
    (tmp_path / folder).chmod(0o700)
    lines = [str(problem) for problem in check(tmp_path).problems]
    assert any(
        line.endswith(f"cannot be entered by a web server; chmod o+x {tmp_path / folder}") for line in lines
    )


@pytest.mark.parametrize(
    ("target", "what"),
    [
        (None, "current: does not exist: nothing is served; publish again"),
        (
            "releases/20200101T000000Z-000000",
            "current: leads to releases/20200101T000000Z-000000, and not to",
        ),
        (
            "/etc",
            "current: is an absolute link, which breaks where the folder is mounted elsewhere: /etc; publish",
        ),
    ],
)
def test_a_current_that_does_not_lead_to_a_release_is_an_error(tmp_path, release, target, what):
    (tmp_path / "current").unlink()
    if target:
        (tmp_path / "current").symlink_to(target)
    with pytest.raises(PublishError) as caught:
        check(tmp_path)
    assert what in str(caught.value)


def test_it_needs_no_right_to_write(tmp_path, release):
    folders = [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir() and not path.is_symlink())]
    before = {path: path.stat().st_mtime_ns for path in folders}
    for path in folders:
        path.chmod(0o555)
    try:
        with modes_of_files_count():
            lacking = [problem for problem in check(tmp_path).problems if "nowhere" not in problem.what]
    finally:
        for path in folders:
            path.chmod(0o755)
    assert lacking == []
    assert {path: path.stat().st_mtime_ns for path in folders} == before
