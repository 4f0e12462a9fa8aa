"""Rolling back: the release before, or a named one, if it is as it was published."""

import fcntl
import json
import os
import shutil
from datetime import timedelta

import pytest

from reconciler.errors import PublishError, UsageError
from reconciler.model.snapshot import moment_of
from reconciler.publish.mark_stale import mark_stale
from reconciler.publish.readiness import publish_checks
from reconciler.publish.rollback import roll_back
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, changed, names, put, tree

THIRD = "20261123T220000Z-000003"


def served(directory):
    return str((directory / "current").readlink())


@pytest.fixture
def three(tmp_path):
    for run in (FIRST, SECOND, THIRD):
        put(tmp_path, changed(run, memory=int(run[-1], 16)))
    return tmp_path


def test_the_release_before_is_served_again(three):
    before = tree(three / "releases" / SECOND)
    result = roll_back(three)
    assert (result.release, result.before) == (SECOND, THIRD)
    assert served(three) == f"releases/{SECOND}"
    assert tree(three / "current") == before
    assert roll_back(three).release == FIRST
    with pytest.raises(PublishError) as caught:
        roll_back(three)
    assert str(caught.value) == (
        f"{three}: no release was published before {FIRST}; there are {THIRD}, {SECOND}, {FIRST} (served);"
        " name the one to serve, or publish again"
    )
    assert names(three) == [FIRST, SECOND, THIRD]


@pytest.mark.parametrize("name", [FIRST, f"releases/{FIRST}", f"public/releases/{FIRST}/"])
def test_a_named_release_is_served_again(three, name):
    assert roll_back(three, name).release == FIRST
    assert served(three) == f"releases/{FIRST}"
    assert roll_back(three, THIRD).before == FIRST
    assert served(three) == f"releases/{THIRD}"


@pytest.mark.parametrize(
    "name", ["20200101T000000Z-000000", "..", "/etc", "", ".next", "x\x1b[31m\n", "é" * 9999]
)
def test_an_unknown_release_is_refused_with_the_known_ones(three, name):
    with pytest.raises(UsageError) as caught:
        roll_back(three, name)
    message = str(caught.value)
    assert message.endswith(
        f"is not a release; there are {THIRD} (served), {SECOND}, {FIRST}; name one of them"
    )
    assert message.isprintable()
    assert len(message) < 300
    assert served(three) == f"releases/{THIRD}"


def test_the_order_is_that_of_publishing_not_of_names(tmp_path):
    """A clock that was ahead: what was served before is the release before."""
    for run in (SECOND, FIRST, THIRD):
        put(tmp_path, site.recorded(run))
    assert [roll_back(tmp_path).release for _ in range(2)] == [FIRST, SECOND]


def test_a_run_published_twice_goes_back_to_its_first_form(tmp_path):
    put(tmp_path)
    put(tmp_path, changed(FIRST))
    assert roll_back(tmp_path).release == FIRST


def test_the_marks_of_a_run_are_no_release_before(three):
    mark_stale(three, site.NOW + timedelta(days=1))
    assert served(three) == f"releases/{THIRD}.2"
    assert roll_back(three).release == SECOND


def test_the_served_release_by_name_changes_nothing(three):
    before = (three / "current").lstat().st_ino
    result = roll_back(three, THIRD)
    assert result.release == result.before == THIRD
    assert (three / "current").lstat().st_ino == before


def test_where_current_is_lost_the_last_release_is_served(three):
    (three / "current").unlink()
    result = roll_back(three)
    assert (result.release, result.before) == (THIRD, None)
    assert served(three) == f"releases/{THIRD}"


@pytest.mark.parametrize("directory", ["nothing", "."])
def test_where_nothing_is_published_nothing_is_made(tmp_path, directory):
    with pytest.raises(PublishError, match="nothing is published there yet; run `reconciler publish`"):
        roll_back(tmp_path / directory)
    assert list(tmp_path.iterdir()) == []


DAMAGE = {
    "a document is gone": lambda release: (release / "v1/summary.json").unlink(),
    "a document is cut": lambda release: (release / "v1/summary.json").write_bytes(b"{"),
    "one bit of a twin": lambda release: flip(release / "v1/inventory/drift.json.gz"),
    "one bit of a page": lambda release: flip(release / "index.html"),
    "a link": lambda release: (release / "v1/x.json").symlink_to("/etc/hostname"),
    "a file too many": lambda release: (release / "v1/x.json").write_text("{}"),
    "closed to web servers": lambda release: (release / "v1/summary.json").chmod(0o600),
}


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_release_is_not_served(three, damage):
    damage(three / "releases" / SECOND)
    with pytest.raises(PublishError) as caught:
        roll_back(three)
    lines = [str(problem) for problem in caught.value.problems]
    assert all(line.startswith(f"{SECOND}/") for line in lines[:-1])
    assert len(lines) > 1
    assert lines[-1] == (
        f"{three}/releases: release {SECOND} is damaged and is not served; there are {THIRD}, {FIRST};"
        " name another one, or publish again"
    )
    assert served(three) == f"releases/{THIRD}"
    assert roll_back(three, FIRST).release == FIRST


def test_a_release_of_an_older_version_is_served_though_nothing_proves_it(three):
    for name in ("manifest.json", "manifest.json.gz"):
        (three / "releases" / SECOND / "v1" / name).unlink(missing_ok=True)
    assert roll_back(three).release == SECOND


def test_the_next_run_publishes_again(three):
    roll_back(three)
    late = changed("20261123T230000Z-000004", memory=4)
    began = moment_of("20261123T230000Z-000004")
    assert put(three, late, unless_after=began).release.name == "20261123T230000Z-000004"
    assert tree(three / "current") == tree(put(three / "clean", late).release)


def test_what_was_rolled_back_is_published_again_as_another_release(three):
    """Nothing of it keeps its second, so no cache takes the one for the other."""
    roll_back(three)
    again = put(three, changed(THIRD, memory=3)).release
    assert again.name == f"{THIRD}.2"
    path = "v1/inventory/guests/pve/101.json"
    seconds = {int((three / "releases" / name / path).stat().st_mtime) for name in names(three)}
    assert len(seconds) == 4


def test_a_hold_lasts_until_it_is_ended(three):
    roll_back(three, hold=site.NOW)
    held = put(three, changed("20261123T230000Z-000004"), unless_after=moment_of(THIRD))
    assert (held.release.name, held.written) == (SECOND, 0)
    assert str(held.hold.problem) == (
        "publish: nothing is published: a rollback is on hold since 2026-11-23T21:05:00Z;"
        " `reconciler publish --resume` ends it"
    )
    assert [check.what for check in publish_checks(three, "public") if "on hold" in check.what]
    mark_stale(three, site.NOW + timedelta(days=1))
    assert served(three) == f"releases/{SECOND}.2"
    assert put(three, changed(THIRD)).hold
    assert put(three, changed("20261123T230000Z-000004"), resume=True).hold is None
    assert put(three, changed("20261123T233000Z-000005")).hold is None
    assert not (three / ".hold").exists()


def test_a_hold_on_what_is_served(three):
    roll_back(three, THIRD, hold=site.NOW)
    assert put(three, changed("20261123T230000Z-000004")).hold
    assert served(three) == f"releases/{THIRD}"


def test_a_hold_that_cannot_be_parsed_holds(three):
    for text in ("", "{", "[]", '{"since": 7}', "x" * 3000):
        (three / ".hold").write_text(text)
        held = put(three, changed("20261123T230000Z-000004")).hold
        assert str(held.problem).startswith("publish: nothing is published: a rollback is on hold; ")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("/etc/hostname")])
def test_a_hold_of_another_type_is_refused(three, make):
    make(three / ".hold")
    with pytest.raises(PublishError, match=r"\.hold: is not a file but a"):
        put(three, changed("20261123T230000Z-000004"))


def test_a_hold_where_nothing_is_served_any_more_holds_nothing_back(three):
    roll_back(three, hold=site.NOW)
    shutil.rmtree(three / "releases")
    assert put(three).hold is None


def test_another_publisher_is_waited_for(three):
    with (three / ".lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for attempt in (lambda: roll_back(three, wait=0.1), lambda: mark_stale(three, site.NOW, wait=0.1)):
            with pytest.raises(PublishError, match="another publish is still running"):
                attempt()
    assert json.loads((three / "current/v1/health.json").read_bytes())["run_id"] == THIRD
