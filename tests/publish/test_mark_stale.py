"""Marks of what is out of date: made by a timer from the served release alone."""

import json
import os
import re
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import files
from reconciler.errors import PublishError
from reconciler.model.snapshot import SourceStatus
from reconciler.publish.documents.validation import problems_of
from reconciler.publish.manifest import MANIFEST_FILE
from reconciler.publish.mark_stale import mark_stale
from reconciler.publish.stale import Staleness, with_marks
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, big, changed, folders, names, put, tree

FRESH = site.NOW + timedelta(minutes=29)
STALE = site.NOW + timedelta(minutes=31)
"""By then all sources are out of date; `barn` and `shed` always were."""


def healthy(identity=FIRST, at=site.NOW, **more):
    """A recorded site whose sources were all read in the run; `more` are other times of single ones."""
    recorded = site.recorded(identity, at=at)
    read = {name: more.get(name, at) for name in recorded.report.run.sources}
    run = replace_run(recorded.report.run, read)
    report = recorded.report.model_copy(update={"run": run})
    return replace(recorded, report=report)


def replace_run(run, read):
    sources = {
        name: SourceStatus(system=status.system, status="complete", last_success=read[name])
        for name, status in run.sources.items()
    }
    return run.model_copy(update={"sources": sources})


def documents(directory):
    """Path → parsed document, of the served release."""
    found = tree(directory / "current")
    return {path: json.loads(data) for path, data in found.items() if path.endswith(".json")}


def due(document, now):
    after = document.get("stale_after")
    return after is not None and after <= now.strftime("%Y-%m-%dT%H:%M:%SZ")


def check_marks(directory, now):
    """Each document and page is marked if, and only if, its own time has come; all fit their schemas."""
    found = documents(directory)
    for path in (
        "v1/index.json",
        "v1/summary.json",
        "v1/health.json",
        "v1/inventory/guests.json",
        MANIFEST_FILE,
    ):
        if path in found:
            assert not problems_of(path, (directory / "current" / path).read_bytes())
    for path, document in found.items():
        assert document.get("stale") == (True if due(document, now) else None), path
    for path, data in tree(directory / "current").items():
        if path.endswith(".html"):
            start = re.match(
                rb'<!doctype html>\n<html lang="en" data-stale-after="([^"]+)"( data-stale)?>', data
            )
            assert start, path
            assert bool(start[2]) == due({"stale_after": start[1].decode()}, now), path
    return found


def test_what_is_fresh_stays_as_it_is(tmp_path):
    put(tmp_path, healthy())
    before = (tmp_path / "current").lstat()
    result = mark_stale(tmp_path, FRESH)
    assert (result.release, result.changed, result.stale, result.sources) == (FIRST, 0, False, frozenset())
    assert (tmp_path / "current").lstat().st_ino == before.st_ino
    assert names(tmp_path) == [FIRST]
    assert check_marks(tmp_path, FRESH)["v1/summary.json"]["data"].get("stale_sources") is None


def test_everything_dated_is_marked_when_its_time_comes(tmp_path):
    put(tmp_path, healthy())
    before = tree(tmp_path / "current")
    result = mark_stale(tmp_path, STALE)
    assert (tmp_path / "current").readlink().name == result.release == f"{FIRST}.2"
    found = check_marks(tmp_path, STALE)
    assert found["v1/summary.json"]["data"]["stale_sources"] == ["air", "barn", "pve", "shed"]
    assert all(source["stale"] is True for source in found["v1/health.json"]["data"]["sources"].values())
    marked = {path for path, document in found.items() if document.get("stale")}
    pages = {path for path in before if path.endswith(".html")}
    assert result.changed == len((marked | pages) - {"v1/manifest.json"})
    assert marked >= {
        "v1/index.json",
        "v1/inventory/live.json",
        "v1/inventory/guests.json",
        "v1/manifest.json",
    }
    assert all(path in before for path in tree(tmp_path / "current"))


def test_a_document_says_nothing_else_than_before(tmp_path):
    put(tmp_path, healthy())
    before = documents(tmp_path)
    mark_stale(tmp_path, STALE)
    for path, document in documents(tmp_path).items():
        document.pop("stale", None)
        if path == "v1/summary.json":
            del document["data"]["stale_sources"]
        if path == "v1/health.json":
            for source in document["data"]["sources"].values():
                assert source.pop("stale")
        if path != "v1/manifest.json":
            assert document == before[path], path


def test_again_changes_nothing(tmp_path):
    put(tmp_path, healthy())
    first = mark_stale(tmp_path, STALE)
    before = (tmp_path / "current").lstat().st_ino
    again = mark_stale(tmp_path, STALE + timedelta(days=400))
    assert (again.release, again.changed, again.stale) == (first.release, 0, True)
    assert (tmp_path / "current").lstat().st_ino == before
    assert names(tmp_path) == [FIRST, f"{FIRST}.2"]


@pytest.mark.parametrize("earlier", ["barn", "air"])
def test_one_source_at_a_time(tmp_path, earlier):
    """Each list by the sources it is of, and the whole with the first."""
    put(tmp_path, healthy(**{earlier: site.NOW - timedelta(minutes=20)}))
    moments = [site.NOW + timedelta(minutes=minutes) for minutes in (9, 11, 29, 31)]
    releases = []
    for now in moments:
        releases.append(mark_stale(tmp_path, now).release)
        found = check_marks(tmp_path, now)
        named = found["v1/summary.json"]["data"].get("stale_sources", [])
        assert named == (
            [] if now == moments[0] else [earlier] if now < STALE else sorted(site.run().sources)
        )
        sources = found["v1/health.json"]["data"]["sources"]
        assert sorted(name for name, source in sources.items() if source.get("stale")) == named
    assert releases == [FIRST, f"{FIRST}.2", f"{FIRST}.2", f"{FIRST}.3"]


def test_many_marks_of_one_run_keep_two_of_its_marked_releases(tmp_path):
    read = dict(zip(["air", "barn", "pve", "shed"], (5, 10, 15, 20), strict=True))
    ages = {name: site.NOW - timedelta(minutes=minutes) for name, minutes in read.items()}
    put(tmp_path, site.recorded("20261123T200000Z-000001"))
    put(tmp_path, healthy(**ages))
    for minutes in (11, 16, 21, 26):
        mark_stale(tmp_path, site.NOW + timedelta(minutes=minutes))
    assert names(tmp_path) == ["20261123T200000Z-000001", FIRST, f"{FIRST}.4", f"{FIRST}.5"]
    put(tmp_path, healthy(SECOND), keep=1)
    assert names(tmp_path) == [SECOND]


OF_CONTENT = re.compile(r"assets/|v1/(findings|history|schemas)/|v1/(feed|openapi)\.|(?:[^/]+/){4}")


def test_only_what_changed_is_written(tmp_path):
    """The rest are the same files; what is rewritten has another second, so that no ETag stays."""
    first = put(tmp_path, big()).release
    result = mark_stale(tmp_path, STALE)
    marked = tmp_path / "releases" / result.release
    same = {path for path in tree(first) if (first / path).samefile(marked / path)}
    assert {path for path in tree(first) if OF_CONTENT.match(path)} == same
    assert any(path.endswith(".gz") for path in same)
    for path in tree(marked).keys() - same:
        assert int((marked / path).stat().st_mtime) > int((first / path).stat().st_mtime)
    assert folders(first) == folders(marked)


def test_the_next_run_is_published_as_ever(tmp_path):
    put(tmp_path, healthy())
    mark_stale(tmp_path, STALE)
    known = healthy(SECOND, at=site.NOW + timedelta(minutes=15))
    result = put(tmp_path, known, unless_after=site.NOW)
    assert result.release.name == SECOND
    assert result.linked > 3
    assert tree(tmp_path / "current") == tree(put(tmp_path / "clean", known).release)


def test_the_same_run_again_stays_marked_by_the_same_clock(tmp_path):
    """A timer that publishes beside one that marks: nothing goes back and forth."""
    put(tmp_path, healthy(), now=FRESH)
    marked = mark_stale(tmp_path, STALE)
    again = put(tmp_path, healthy(), now=STALE)
    assert (again.release.name, again.written) == (marked.release, 0)
    assert mark_stale(tmp_path, STALE).changed == 0
    assert names(tmp_path) == [FIRST, marked.release]


@pytest.mark.parametrize(
    "recorded", [healthy(), site.recorded(), big()], ids=["healthy", "two failed", "big"]
)
@pytest.mark.parametrize("now", [FRESH, STALE], ids=["fresh", "stale"])
def test_publishing_late_gives_the_very_files_that_marking_gives(tmp_path, recorded, now):
    put(tmp_path / "marked", recorded)
    mark_stale(tmp_path / "marked", now)
    put(tmp_path / "late", recorded, now=now)
    assert tree(tmp_path / "marked/current") == tree(tmp_path / "late/current")
    check_marks(tmp_path / "late", now)


def test_a_clock_that_was_ahead_is_made_up_for(tmp_path):
    put(tmp_path, healthy())
    before = tree(tmp_path / "current")
    mark_stale(tmp_path, STALE)
    result = mark_stale(tmp_path, FRESH)
    assert (result.release, result.stale) == (f"{FIRST}.3", False)
    assert tree(tmp_path / "current") == before


def test_a_clock_before_the_data_is_an_error(tmp_path):
    put(tmp_path, healthy())
    assert mark_stale(tmp_path, site.NOW - timedelta(minutes=4)).changed == 0
    with pytest.raises(PublishError) as caught:
        mark_stale(tmp_path, site.NOW - timedelta(hours=2))
    assert str(caught.value) == (
        "this machine: the clock shows 2026-11-23T19:05:00Z, but the served data were collected at"
        " 2026-11-23T21:05:00Z; set the clock; until then, nothing can be marked"
    )
    assert names(tmp_path) == [FIRST]


def older(directory, recorded):
    """Publish as the version before did: indented documents, without pages, assets and manifest."""
    release = put(directory, recorded).release
    for path in (*release.glob("*.html*"), release / "assets", *release.glob("v1/manifest*")):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in release.rglob("*.gz"):
        path.unlink()
    for path in release.rglob("*.json"):
        times = path.stat()
        path.write_bytes(files.canonical(json.loads(path.read_bytes())))
        os.utime(path, ns=(times.st_mtime_ns, times.st_mtime_ns))
    return release


def test_a_release_of_an_older_version_is_marked(tmp_path):
    release = older(tmp_path, healthy())
    before = tree(release)
    assert mark_stale(tmp_path, STALE).stale
    check_marks(tmp_path, STALE)
    after = {path: data for path, data in tree(tmp_path / "current").items() if not path.endswith(".gz")}
    assert after.keys() == before.keys()
    assert after["v1/index.json"].startswith(b'{\n  "collected_at"')
    assert mark_stale(tmp_path, STALE).changed == 0


DAMAGE = {
    "health is gone": lambda release: (release / "v1/health.json").unlink(),
    "health is no object": lambda release: (release / "v1/health.json").write_text("[]"),
    "sources are a list": lambda release: (release / "v1/health.json").write_text(
        '{"data": {"sources": []}}'
    ),
    "a document is cut": lambda release: (release / "v1/capacity.json").write_text('{"stale_after": "2026'),
    "a document is no object": lambda release: (release / "v1/capacity.json").write_text('["stale_after"]'),
    "a moment is no moment": lambda release: (release / "v1/capacity.json").write_text('{"stale_after": 7}'),
    "a moment has no zone": lambda release: (release / "v1/capacity.json").write_text(
        '{"stale_after": "2020-01-01T00:00:00"}'
    ),
    "the manifest is cut": lambda release: (release / "v1/manifest.json").write_text("{"),
    "the manifest lists nonsense": lambda release: (release / "v1/manifest.json").write_text(
        '{"data": {"files": {"v1/summary.json": {"sha256": "x", "size": -1}}}}'
    ),
    "a link to a file outside": lambda release: (release / "v1/x.json").symlink_to("/etc/hostname"),
    "a file of another kind": lambda release: os.mkfifo(release / "v1/x.json"),
    "a file of a name that is none of ours": lambda release: (release / "v1/.x y\n").write_text("x"),
    "a page is cut": lambda release: (release / "index.html").write_text(
        '<!doctype html>\n<html lang="en" data-st'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damage_costs_itself_alone(tmp_path, damage):
    damage(put(tmp_path, healthy()).release)
    mark_stale(tmp_path, STALE)
    found = tree(tmp_path / "current")
    assert json.loads(found["v1/summary.json"])["stale"] is True
    assert json.loads(found["v1/inventory/guests.json"])["stale"] is True
    assert not (tmp_path / "current/v1/x.json").exists()
    assert mark_stale(tmp_path, STALE).changed == 0
    put(tmp_path, changed())
    assert tree(tmp_path / "current") == tree(put(tmp_path / "clean", changed()).release)


@pytest.mark.parametrize("prepare", ["nothing", "an empty folder", "no current", "a foreign current"])
def test_where_nothing_is_served_there_is_nothing_to_mark(tmp_path, prepare):
    directory = tmp_path / "public"
    if prepare != "nothing":
        directory.mkdir()
    if "current" in prepare:
        put(directory)
        (directory / "current").unlink()
    if prepare == "a foreign current":
        (directory / "current").symlink_to("/etc")
    before = sorted(directory.rglob("*"))
    with pytest.raises(PublishError, match=r"nothing is published|does not lead to a release"):
        mark_stale(directory, STALE)
    assert sorted(directory.rglob("*")) == before
    assert "current" in prepare or not (directory / ".lock").exists()


HOSTILE = [
    b'{"data":{"stale_after":"2020-01-01T00:00:00Z"}}',
    b'{"data":"\\"stale_after\\":\\"2020-01-01T00:00:00Z\\"}"}',
    b'{"stale_after":null}',
    b'{"stale_after":"2020-01-01"}',
    b'{"$schema":"x","properties":{"stale_after":{"type":"string"}}}',
    b"[]",
    b"",
    b"\xff",
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_states_no_age_of_its_own_is_left_alone(data):
    assert with_marks("v1/x.json", data, Staleness(STALE, frozenset())) == data


PAGES = [
    b'<html lang="en" data-stale-after="2020-01-01T00:00:00Z">',
    b'<!doctype html>\n<html lang="en" data-stale-after="soon">',
    b'<!doctype html>\n<html lang="en"><p data-stale-after="2020-01-01T00:00:00Z">',
    b"",
]


@pytest.mark.parametrize("data", PAGES)
def test_a_page_that_does_not_begin_as_ours_is_left_alone(data):
    assert with_marks("index.html", data, Staleness(STALE, frozenset())) == data


ENDS = [
    b'{"data":{"x":"<stale_after>"},"stale_after":"2026-11-23T21:35:00Z"}\n',
    b'{"stale_after":"2026-11-23T21:35:00Z","data":{"stale_after":"2099-01-01T00:00:00Z"}}\n',
    b'{\n  "data": {},\n  "stale_after": "2026-11-23T21:35:00Z"\n}\n',
    b'{"stale_after":"2026-11-23T22:35:00+01:00"}',
]


@pytest.mark.parametrize("data", ENDS)
def test_the_order_of_keys_and_the_zone_do_not_matter(data):
    stale, fresh = (Staleness(now, frozenset()) for now in (STALE, FRESH))
    marked = with_marks("v1/x.json", data, stale)
    assert json.loads(marked) == json.loads(data) | {"stale": True}
    assert with_marks("v1/x.json", marked, stale) == marked
    assert json.loads(with_marks("v1/x.json", marked, fresh)) == json.loads(data)
    assert with_marks("v1/x.json", data, fresh) == data
