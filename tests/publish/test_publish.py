import ctypes
import errno
import fcntl
import gzip
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.errors import PublishError
from reconciler.model.key import Key
from reconciler.model.snapshot import moment_of
from reconciler.publish.documents.form import path_of
from reconciler.publish.folder import GZIP_OVER
from reconciler.publish.manifest import OWN_FILES
from reconciler.publish.publish import Terms, publish
from reconciler.publish.release import BUILDING
from reconciler.publish.tree import ReleaseTree
from tests.privileges import modes_of_files_count
from tests.processes import cannot_be_tried
from tests.publish import site

FIRST = "20261123T210500Z-3fa9c1"
SECOND = "20261123T212000Z-000002"
WEB = "v1/inventory/guests/pve/101.json"


def put(directory, recorded=None, *, progress=None, **terms):
    return publish(site.shown(recorded), directory, Terms(**terms), progress)


def tree(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()
    }


def without_manifest(files):
    """The files that come from the record alone."""
    return {path: data for path, data in files.items() if path not in OWN_FILES}


def changed(identity=SECOND, memory=1):
    row = dict(site.CONFIG[site.WEB], memory=memory)
    return site.recorded(identity, config={**site.CONFIG, site.WEB: row})


def big(identity=FIRST, note="x"):
    """A site whose resource documents have compressed copies."""
    config = {Key("pve", "guest", str(number)): {"note": note * 2000} for number in range(5)}
    return site.recorded(identity, config=config)


def names(directory):
    """The releases, without the one that is not served yet."""
    return sorted(path.name for path in (directory / "releases").iterdir() if path.name != ".next")


def test_a_publish_leaves_the_documents_and_the_link(tmp_path):
    directory = tmp_path / "srv" / "public"
    result = put(directory)
    documents = site.release()
    found = without_manifest(tree(directory / "current"))
    assert {path: data for path, data in found.items() if not path.endswith(".gz")} == documents
    assert (directory / "current").readlink() == Path("releases", FIRST)
    assert (result.release, result.current) == (directory / "releases" / FIRST, directory / "current")
    count = len(documents) + 1  # the manifest
    assert (result.documents, result.written, result.linked) == (count, count, 0)
    assert result.bytes == sum(map(len, tree(directory / "current").values()))


def test_documents_over_a_kilobyte_have_a_compressed_copy_of_the_same_time(tmp_path):
    put(tmp_path)
    found = tree(tmp_path / "current")
    copies = {path for path in found if path.endswith(".gz")}
    assert copies == {
        f"{path}.gz" for path, data in found.items() if path not in copies and len(data) > GZIP_OVER
    }
    assert copies
    for path in copies:
        plain = path.removesuffix(".gz")
        assert gzip.decompress(found[path]) == found[plain]
        assert (tmp_path / "current" / path).stat().st_mtime == (tmp_path / "current" / plain).stat().st_mtime


def test_two_directories_get_the_same_tree(tmp_path):
    put(tmp_path / "one")
    put(tmp_path / "two")
    assert tree(tmp_path / "one" / "current") == tree(tmp_path / "two" / "current")


def test_unchanged_documents_are_the_same_files(tmp_path):
    first = put(tmp_path, big()).release
    second = put(tmp_path, big(SECOND))
    same = {path for path in tree(first) if (first / path).samefile(second.release / path)}
    of_content = re.compile(r"assets/|v1/(findings|history|schemas)/|v1/(feed|openapi)\.|(?:[^/]+/){4}")
    lasting = {path for path in tree(first) if of_content.match(path)}
    assert lasting == same
    assert any(path.endswith(".gz") for path in same)
    assert second.linked == sum(not path.endswith(".gz") for path in same)
    assert second.written == second.documents - second.linked


def test_a_rewritten_document_never_keeps_the_second_of_the_one_before(tmp_path):
    """Web servers build ETags of size and second: ten changes within one second, all of one size."""
    seconds = []
    for number in range(10):
        put(tmp_path, changed(f"20261123T2120{number:02}Z-000002", memory=1000 + number))
        file = (tmp_path / "current" / WEB).stat()
        seconds.append((file.st_size, int(file.st_mtime)))
    assert len({size for size, _ in seconds}) == 1
    assert len(set(seconds)) == 10


def test_nor_the_second_of_a_release_that_was_switched_away_from(tmp_path):
    put(tmp_path, changed(FIRST, memory=1000))
    bad = put(tmp_path, changed(SECOND, memory=1001)).release
    (tmp_path / "current").unlink()
    (tmp_path / "current").symlink_to(f"releases/{FIRST}")
    good = put(tmp_path, changed("20261123T213000Z-000003", memory=1002)).release
    assert int((good / WEB).stat().st_mtime) > int((bad / WEB).stat().st_mtime)
    assert names(tmp_path) == [FIRST, SECOND, "20261123T213000Z-000003"]


def test_a_resource_that_goes_takes_its_document_along(tmp_path):
    put(tmp_path)
    config = {key: row for key, row in site.CONFIG.items() if key != site.NODE}
    put(tmp_path, site.recorded(SECOND, config=config))
    assert not (tmp_path / "current/v1/inventory/nodes/pve").exists()
    assert (tmp_path / "releases" / FIRST / "v1/inventory/nodes/pve/r630-01.json").exists()


def test_the_same_run_again_changes_nothing(tmp_path):
    first = put(tmp_path)
    before = (tmp_path / "current").lstat()
    again = put(tmp_path)
    assert (again.release, again.written, again.bytes) == (first.release, 0, 0)
    assert (tmp_path / "current").lstat().st_ino == before.st_ino
    assert names(tmp_path) == [FIRST]


def test_the_same_run_with_other_content_becomes_a_release_of_its_own(tmp_path):
    put(tmp_path)
    assert put(tmp_path, changed(FIRST)).release.name == f"{FIRST}.2"
    assert put(tmp_path, changed(FIRST, memory=2)).release.name == f"{FIRST}.3"
    fewer = {key: row for key, row in site.CONFIG.items() if key != site.NODE}
    assert put(tmp_path, site.recorded(FIRST, config=fewer)).release.name == f"{FIRST}.4"
    assert (tmp_path / "current").readlink() == Path("releases", f"{FIRST}.4")


def test_a_release_with_a_document_too_many_is_not_the_same(tmp_path):
    release = put(tmp_path).release
    (release / "v1" / "stray.json").write_text("{}")
    assert put(tmp_path).release.name == f"{FIRST}.2"
    assert not (tmp_path / "current/v1/stray.json").exists()


def test_a_damaged_document_heals(tmp_path):
    release = put(tmp_path, big()).release
    path = "v1/inventory/guests/pve/1.json"
    good = (release / path).read_bytes()
    (release / path).write_bytes(b"{}")
    (release / "v1/inventory/guests/pve/2.json.gz").unlink()
    shutil.rmtree(release / "v1/inventory/nodes", ignore_errors=True)
    put(tmp_path, big(SECOND))
    assert (tmp_path / "current" / path).read_bytes() == good
    copy = tmp_path / "current/v1/inventory/guests/pve/2.json.gz"
    assert len(gzip.decompress(copy.read_bytes())) > 2000


@pytest.mark.parametrize("keep", [1, 4])
def test_a_damaged_compressed_copy_heals(tmp_path, keep):
    """Browsers get the compressed copy: a change of it must not be linked from release to release."""
    path = "v1/inventory/guests/pve/1.json"
    for run in (FIRST, SECOND, "20261123T220500Z-0a0a0a"):
        put(tmp_path, big(run), keep=keep)
        copy = tmp_path / "current" / f"{path}.gz"
        assert gzip.decompress(copy.read_bytes()) == (tmp_path / "current" / path).read_bytes()
        copy.write_bytes(b"junk")
        os.utime(copy, (1, 1))


def test_a_later_run_that_is_served_stays_when_it_was_not_known(tmp_path):
    later = put(tmp_path, site.recorded(SECOND)).release
    known = site.recorded(FIRST)
    moment = moment_of(FIRST)
    published = put(tmp_path, known, unless_after=moment)
    assert (published.release, published.documents) == (later, 0)
    assert (tmp_path / "current").readlink().name == SECOND
    put(tmp_path, known, unless_after=moment_of(SECOND))
    assert (tmp_path / "current").readlink().name == FIRST, "its clock was ahead, and we began after it"
    put(tmp_path, site.recorded(SECOND))
    assert (tmp_path / "current").readlink().name == f"{SECOND}.2", "who asks for it gets it"


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_the_last_releases_are_kept(tmp_path, keep):
    runs = [f"20261123T21{minute:02}00Z-00000{minute}" for minute in range(5)]
    (tmp_path / "releases" / "notes").mkdir(parents=True)
    for run in runs:
        put(tmp_path, site.recorded(run), keep=keep)
    assert names(tmp_path) == [*runs[-keep:], "notes"]


def test_releases_after_the_served_one_are_the_first_to_go(tmp_path):
    """A clock that was a day ahead, and the runs after it was set right."""
    runs = [f"20261123T21{minute:02}00Z-00000{minute}" for minute in range(5)]
    late = ["20261124T000000Z-ffffff", "29991231T235959Z-ffffff", "99999999T999999Z-ffffff"]
    put(tmp_path, site.recorded(late[0]), keep=3)
    for name in late[1:]:
        (tmp_path / "releases" / name).mkdir()
    kept = []
    for run in runs:
        put(tmp_path, site.recorded(run), keep=3)
        assert (tmp_path / "current").readlink().name == run
        kept.append(names(tmp_path))
    assert kept == [[runs[0], *late[1:]], [*runs[:2], late[2]], runs[:3], runs[1:4], runs[2:]]


def test_a_release_of_the_future_blocks_no_run(tmp_path):
    """Its clock was ahead, and the record of it is gone: it does not count as a quicker job."""
    for late in ("29991231T235959Z-ffffff", "99999999T999999Z-ffffff"):
        if moment_is_possible(late):
            put(tmp_path, site.recorded(late))
        else:
            (tmp_path / "releases" / late).mkdir()
            (tmp_path / "current").unlink()
            (tmp_path / "current").symlink_to(f"releases/{late}")
        put(tmp_path, site.recorded(FIRST), unless_after=moment_of(FIRST))
        assert (tmp_path / "current").readlink().name.startswith(FIRST)


def moment_is_possible(name):
    try:
        return bool(moment_of(name))
    except ValueError:
        return False


def test_the_largest_number_of_a_release_is_not_the_last(tmp_path):
    put(tmp_path)
    (tmp_path / "releases" / f"{FIRST}.999999").mkdir()
    assert put(tmp_path, changed(FIRST)).release.name == f"{FIRST}.2"
    assert put(tmp_path, changed(FIRST, memory=2)).release.name == f"{FIRST}.3"


def test_a_web_server_can_read_it_whatever_the_umask(tmp_path):
    directory = tmp_path / "deep" / "public"
    old = os.umask(0o077)
    try:
        put(directory)
    finally:
        os.umask(old)
    modes = {
        path.is_dir(): stat.S_IMODE(path.stat().st_mode)
        for path in [directory.parent, directory, *directory.rglob("*")]
        if path.name != ".lock"
    }
    assert modes == {True: 0o755, False: 0o644}


def other_device(tmp_path):
    mine = tmp_path.stat().st_dev
    for folder in (Path("/dev/shm"), Path(tempfile.gettempdir())):
        if os.access(folder, os.W_OK) and folder.stat().st_dev != mine:
            return folder
    pytest.skip("needs another file system: /dev/shm or the folder of temporary files")


def test_what_was_not_there_before_is_written(tmp_path):
    """A new kind, a new source, a new resource, and a folder where the served release has a document."""
    few = {site.WEB: site.CONFIG[site.WEB]}
    release = put(tmp_path, site.recorded(config=few)).release
    (release / "v1/inventory/guests/pve/666.json").unlink(missing_ok=True)
    (release / "v1/inventory/guests/pve/666.json").mkdir()
    result = put(tmp_path, site.recorded(SECOND))
    assert tree(result.release) == tree(put(tmp_path / "clean", site.recorded(SECOND)).release)


TOP = {
    "index.html": b"<!doctype html>" + b"x" * 2000,
    "404.html": b"<!doctype html>",
    "assets/style.css": b"a{}" * 1000,
    "assets/icon.svg": b"<svg/>",
    "v1/summary.json": b"{}",
}


PAGES_FIRST = sorted(TOP, key=lambda path: Path(path).parts[:-1])


@pytest.mark.parametrize("order", [PAGES_FIRST, PAGES_FIRST[::-1]], ids=["pages first", "v1 first"])
def test_pages_and_assets_are_files_of_a_release_like_documents(tmp_path, order):
    """Built beside what a release that is no longer kept left: what goes is removed, what stays is linked."""
    first, second = tmp_path / "first", tmp_path / "second"
    for root, served in ((first, None), (second, first)):
        for stray in ("index.html", "assets.html", "assets", "v1", "old"):
            (root / stray / "deep").mkdir(parents=True)
        (root / "old.html").touch()
        (root / "404.html.gz").symlink_to("/etc/passwd")
        with ReleaseTree(root, served, 7) as new:
            for path in order:
                new.put(path, TOP[path])
        copies = {f"{path}.gz" for path, data in TOP.items() if len(data) > GZIP_OVER}
        assert tree(root).keys() == {*TOP, *copies}
        assert {path: data for path, data in tree(root).items() if path in TOP} == TOP
        assert folders(root) == ["assets", "v1"]
        assert new.difference(root) is None
        assert new.written == (0 if served else len(TOP))
    assert (second / "index.html.gz").samefile(first / "index.html.gz")


def test_a_release_without_pages_takes_those_before_away(tmp_path):
    for path, data in TOP.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    with ReleaseTree(tmp_path, None, 0) as new:
        new.put("v1/summary.json", b"{}")
    assert tree(tmp_path) == {"v1/summary.json": b"{}"}
    assert folders(tmp_path) == ["v1"]


def test_documents_of_a_folder_come_together(tmp_path):
    with ReleaseTree(tmp_path, None, 0) as new:
        new.put("v1/a/x.json", b"{}")
        new.put("v1/b/x.json", b"{}")
        new.put("index.html", b"")
        new.put("v1/c/x.json", b"{}")
        new.put("404.html", b"")
        with pytest.raises(PublishError, match="comes too late"):
            new.put("v1/a/y.json", b"{}")


def test_where_links_are_refused_documents_are_copied_with_their_times(tmp_path):
    """The release before lies on another file system."""
    documents = site.release(big())
    release = put(tmp_path / "public", big()).release
    away = other_device(tmp_path) / f"reconciler-test-{os.getpid()}"
    (tmp_path / "new").mkdir()
    try:
        shutil.copytree(release, away)
        with ReleaseTree(tmp_path / "new", away, 0) as new:
            for path, data in documents.items():
                new.put(path, data)
        assert new.linked == len(documents)
        assert tree(tmp_path / "new") == without_manifest(tree(away))
        for path in without_manifest(tree(away)):
            old, copy = (away / path).stat(), (tmp_path / "new" / path).stat()
            assert (copy.st_mtime_ns, copy.st_dev) == (old.st_mtime_ns, tmp_path.stat().st_dev)
    finally:
        shutil.rmtree(away, ignore_errors=True)


@pytest.mark.parametrize("key", site.HOSTILE)
def test_hostile_ids_end_inside_the_tree(tmp_path, key):
    put(tmp_path / "public")
    link = site.shown().entries[key]["link"]
    file = (tmp_path / "public/current" / path_of(str(link))).resolve(strict=True)
    assert file.is_relative_to((tmp_path / "public/releases" / FIRST / "v1").resolve())
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


@pytest.mark.parametrize(
    "path",
    [
        *("v1/../x.json", "/v1/x.json", "v1//x", "v1/.x", "v1", "v2/x", "v1/a\nb", "v1/x\n", "", "."),
        *(
            "..",
            "../index.html",
            "./index.html",
            "/index.html",
            ".html",
            "index.html\n",
            "a.b.html",
            "x.json",
        ),
        *(
            "assets",
            "assets/",
            "assets/../index.html",
            "assets/.x",
            "assets/a/b.css",
            "assets.html/x",
            "x/assets/y",
        ),
    ],
)
def test_a_path_that_could_leave_the_release_is_refused(tmp_path, path):
    with (
        ReleaseTree(tmp_path / "new", None, 0) as new,
        pytest.raises(PublishError, match="is not a path of a document"),
    ):
        new.put(path, b"{}")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_a_current_that_is_no_link_is_left_alone(tmp_path, make):
    make(tmp_path / "current")
    with pytest.raises(PublishError, match=r"current: is not a symbolic link but a f.*; move it away"):
        put(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["current"]


@pytest.mark.parametrize("target", ["releases/20261123T210500Z-ffffff", "/etc", "nowhere"])
def test_a_current_that_leads_elsewhere_is_replaced_and_nothing_of_it_used(tmp_path, target):
    (tmp_path / "current").symlink_to(target)
    assert put(tmp_path).linked == 0
    assert (tmp_path / "current").readlink() == Path("releases", FIRST)


def test_what_killed_publishers_left_is_swept_or_built_upon(tmp_path):
    put(tmp_path)
    releases = tmp_path / "releases"
    removed = releases / f".removed.{SECOND}" / "v1"
    removed.mkdir(parents=True)
    (tmp_path / ".current.next").symlink_to("nowhere")
    (releases / SECOND).mkdir()
    half = releases / ".next"
    shutil.copytree(releases / FIRST / "v1/inventory", half / "v1/inventory/guests/pve/stray")
    (half / "v1/inventory/guests/pve/101.json").write_text("{")
    (half / "v1/inventory/guests/stray.json").touch()
    (half / "v1/inventory/old/pve").mkdir(parents=True)
    (half / "stray").symlink_to("/etc")
    result = put(tmp_path, changed())
    assert result.release.name == f"{SECOND}.2"
    assert tree(result.release) == tree(put(tmp_path / "clean", changed()).release)
    assert folders(result.release) == folders(tmp_path / "clean" / "current")
    assert not removed.parent.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "clean", "current", "releases"]


def folders(root):
    root = Path(root).resolve()
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_dir())


STATES: list[dict] = [
    {},
    {"memory": 1},
    {"memory": 2},
    {"without": site.NODE},
    {"without": site.WEB},
    {"note": "y" * 2000},
    {"note": "y" * 10},
    {"note": "z" * 2000, "without": site.ESCAPE},
]


@pytest.mark.parametrize("seed", range(4))
def test_pruned_releases_are_built_upon(tmp_path, seed):
    """Whatever the releases before held, the tree is that of a clean publish, and ETags tell versions apart.

    A site that goes back to what it was must not go back to the times that it had.
    """
    chance = random.Random(seed)
    versions: dict[tuple, bytes] = {}
    previous: dict[str, tuple] = {}
    for number in range(12):
        state = chance.choice(STATES)
        row = dict(site.CONFIG[site.WEB], memory=state.get("memory", 0), note=state.get("note", ""))
        config = {
            key: row if key == site.WEB else old
            for key, old in site.CONFIG.items()
            if key != state.get("without")
        }
        recorded = site.recorded(f"20261123T2120{number:02}Z-{number:06x}", config=config)
        result = put(tmp_path / "public", recorded, keep=chance.choice([1, 1, 2]))
        clean = put(tmp_path / "clean", recorded)
        assert tree(result.release) == tree(clean.release)
        assert folders(result.release) == folders(clean.release)
        now = {}
        for path, data in tree(result.release).items():
            file = (result.release / path).stat()
            now[path] = (file.st_ino, file.st_mtime, data)
            if previous.get(path, (0, 0, b""))[2] == data:
                assert previous[path] == now[path], "an unchanged file stays the same file"
            assert versions.setdefault((path, int(file.st_mtime), len(data)), data) == data
        previous = now


def test_a_second_publisher_waits_and_then_says_so(tmp_path):
    put(tmp_path)
    with (tmp_path / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(PublishError, match="another publish is still running") as caught:
            put(tmp_path, changed(), wait=0.1)
        assert str(tmp_path) in str(caught.value)
    assert put(tmp_path, changed(), wait=0.1).release.name == SECOND


def test_a_directory_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PublishError) as caught:
        put(tmp_path / "file" / "public")
    assert "cannot be written: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_old_release_that_cannot_be_removed_is_told_after_the_switch(tmp_path):
    """Its files cannot be unlinked: their folder is not writable."""
    third = "20261123T220000Z-000003"
    put(tmp_path)
    put(tmp_path, changed())
    refused = pytest.raises(PublishError, match="the new tree is served")
    with read_only(tmp_path / "releases" / SECOND / "v1/inventory/nodes"), refused as caught:
        put(tmp_path, changed(third), keep=1)
    assert "let this user write there" in str(caught.value)
    for left in (tmp_path / "releases").glob("*/v1/inventory/nodes"):
        left.chmod(0o755)
    assert (tmp_path / "current").readlink().name == third
    put(tmp_path, changed(third, memory=7), keep=1)
    assert names(tmp_path) == [f"{third}.2"]


def test_an_interrupted_publish_leaves_nothing_half_built(tmp_path):
    class Impatient:
        def step(self, text):
            if text == "switching":
                raise KeyboardInterrupt

        def count(self, what, done, total):
            if total:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put(tmp_path, progress=Impatient())
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_folder_that_cannot_be_built_upon_leaves_the_old_tree(tmp_path):
    put(tmp_path, keep=1)
    put(tmp_path, changed(), keep=1)
    before = tree(tmp_path / "current")
    folder = tmp_path / "releases/.next/v1/inventory/guests/pve"
    (folder / "stray").touch()
    with read_only(folder), pytest.raises(PublishError, match="cannot be written"):
        put(tmp_path, changed(memory=2))
    assert tree(tmp_path / "current") == before
    result = put(tmp_path, changed(memory=2))
    assert tree(result.release) == tree(put(tmp_path / "clean", changed(memory=2)).release)


def test_inodes_that_tell_files_apart_badly_are_not_believed(tmp_path):
    """Two names of one file, as a tool that removes duplicates would leave."""
    put(tmp_path, keep=1)
    served = put(tmp_path, changed(), keep=1).release
    for root in (served, tmp_path / "releases/.next"):
        for name in ("one", "two"):
            (root / "v1/inventory/guests/pve" / name).hardlink_to(served / "v1/summary.json")
    result = put(tmp_path, changed(memory=2))
    assert tree(result.release) == tree(put(tmp_path / "clean", changed(memory=2)).release)
    assert (result.release / "v1/inventory/guests/pve/666.json").samefile(
        served / "v1/inventory/guests/pve/666.json"
    )


def test_a_directory_without_permission_leaves_the_old_tree(tmp_path):
    put(tmp_path)
    before = tree(tmp_path / "current")
    refused = pytest.raises(PublishError, match="published before is still served; let this user write")
    with read_only(tmp_path / "releases"), refused:
        put(tmp_path, changed())
    assert tree(tmp_path / "current") == before


@contextmanager
def read_only(folder):
    """Nothing can be made, renamed or removed in a folder, by root neither."""
    folder.chmod(0o555)
    try:
        with modes_of_files_count():
            yield
    finally:
        if folder.exists():
            folder.chmod(0o755)


def test_a_full_disk_leaves_the_old_tree(tmp_path):
    """The limit on file sizes stops a child process at its first large document, as a full disk would."""
    put(tmp_path)
    before = tree(tmp_path)
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "import sys; from pathlib import Path; from reconciler.errors import PublishError\n"
        "from tests.publish.test_publish import big, put\n"
        "try: put(Path(sys.argv[1]), big('20261123T212000Z-000002', 'xyz'))\n"
        "except PublishError as error: print(error)"
    )
    child = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True, timeout=60
    )
    assert child.stdout.count("\n") == 1
    assert (
        "cannot be written: File too large; the tree published before is still served; free some"
        in child.stdout
    )
    assert tree(tmp_path) == before
    assert put(tmp_path, changed()).release.name == SECOND


def test_a_file_system_without_space_leaves_the_old_tree(tmp_path):
    """A real one: a small tmpfs in a mount namespace of the child's own."""
    script = (
        f"mount -t tmpfs -o size=2048k none {tmp_path} && exec {sys.executable} -c '"
        "from pathlib import Path; from reconciler.errors import PublishError\n"
        "from tests.publish.test_publish import big, names, put, site, tree\n"
        f'd = Path("{tmp_path}"); put(d); before = tree(d / "current")\n'
        'try: put(d, big("20261123T212000Z-000002", "xyz" * 9))\n'
        "except PublishError as error: print(error)\n"
        'assert tree(d / "current") == before and names(d) == ["20261123T210500Z-3fa9c1"]'
        "'"
    )
    namespace = ["unshare", "--map-root-user", "--mount"]
    if (
        not shutil.which("unshare")
        or subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode
    ):
        cannot_be_tried("a disk to fill takes a user namespace (unshare --map-root-user --mount)")
    child = subprocess.run(
        [*namespace, "sh", "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    if "mount:" in child.stderr:
        cannot_be_tried(f"a disk to fill takes a tmpfs: {child.stderr.strip()}")
    assert child.returncode == 0, child.stderr
    assert "No space left on device" in child.stdout
    assert "free some space" in child.stdout


def test_progress_tells_the_steps(tmp_path):
    said = []

    class Listener:
        def step(self, text):
            said.append(text)

        def count(self, what, done, total):
            assert done <= total
            said.append((what, done))

    config = {Key("pve", "guest", str(number)): {"number": number} for number in range(600)}
    result = put(tmp_path, replace(site.recorded(config=config)), progress=Listener())
    assert said == [
        "writing documents",
        ("documents", 250),
        ("documents", 500),
        ("documents", result.documents),
        "making it durable",
        "switching",
        "removing old releases",
    ]


@pytest.mark.parametrize("has_syncfs", [True, False], ids=["syncfs", "sync"])
def test_a_release_is_served_only_when_the_disk_has_it(tmp_path, monkeypatch, has_syncfs):
    done = []

    class Library:
        def __init__(self, *_arguments, **_options):
            if has_syncfs:
                self.syncfs = self._flush

        def _flush(self, descriptor):
            done.append(("flush", Path(f"/proc/self/fd/{descriptor}").readlink().name))
            return 0

    def noting(name):
        real = getattr(Path, name)

        def noted(path, to):
            done.append((name, to.name))
            return real(path, to)

        monkeypatch.setattr(Path, name, noted)

    def fsync(number):
        done.append(("fsync", str(Path(f"/proc/self/fd/{number}").readlink())))

    noting("rename")
    noting("replace")
    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.setattr(os, "sync", lambda: done.append(("flush", BUILDING)))
    monkeypatch.setattr(os, "fsync", fsync)
    put(tmp_path)
    assert done == [
        ("flush", BUILDING),
        ("rename", FIRST),
        ("fsync", str(tmp_path / "releases")),
        ("replace", "current"),
        ("fsync", str(tmp_path)),
    ]


def test_a_disk_that_cannot_take_it_leaves_the_old_release(tmp_path, monkeypatch):
    put(tmp_path)
    before = tree(tmp_path / "current")

    class Library:
        def __init__(self, *_arguments, **_options):
            self.syncfs = lambda descriptor: -1

    monkeypatch.setattr(ctypes, "CDLL", Library)
    monkeypatch.setattr(ctypes, "get_errno", lambda: errno.ENOSPC)
    with pytest.raises(PublishError, match="No space left"):
        put(tmp_path, changed())
    assert tree(tmp_path / "current") == before
