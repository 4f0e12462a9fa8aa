"""Anyone who may push can write to the record: whatever is there, a run goes on, or says what is wrong.

Each case is a change of one commit on the history branch or the pulse, and a run follows: none may end in an
internal error. Some cases share a site, one after another, and a last run follows: each finds the record put
right by the one before, unless the error is one that only a person can settle.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from reconciler.jobs import steps
from reconciler.lab import Lab
from tests.site_repository import SiteRepository

LIVE = "reports/latest/live/pve/guest.json"
RUN = "reports/latest/run.json"
DRIFT = "reports/latest/drift.json"
CHANGED = "reports/latest/changed.json"
LEDGER = "reports/latest/ledger.json"
DEEP = "[" * 400 + "]" * 400
FOLDER = "reports/runs/2026/11/23/T210500Z-3fa9c1"

IN_A_GROUP = 7
"""So many cases share a site."""

Change = Callable[[Any], Any]


class Recorded:
    """A site with a record, and the snapshot that every later run of it reads again."""

    def __init__(self, root) -> None:
        self.root = root
        self.snapshot: Any = None
        self.environment: dict[str, str] = {}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    made = Recorded(tmp_path_factory.mktemp("hostile") / "site")
    collect = steps.collect

    def keep(*arguments: Any, **options: Any) -> Any:
        made.snapshot = collect(*arguments, **options)
        return made.snapshot

    with pytest.MonkeyPatch.context() as patch, Lab(hosts=1) as lab:
        site = SiteRepository(made.root, patch)
        site.configure_all(lab)
        leave_out_unifi(site)
        site.commit()
        patch.setattr(steps, "collect", keep)
        assert site.run("run") in {0, 2}
        assert site.run("run") in {0, 2}
    return made


def leave_out_unifi(site: SiteRepository) -> None:
    """No case is about it, and it has most of the rows."""
    file = site.root / "config/reconciler.yaml"
    text, left_out = re.subn(r"  - name: unifi\n(?:    .*\n)+", "", file.read_text())
    assert left_out == 1
    file.write_text(text)
    for folder in ("unifi", "site"):  # addresses have devices of it as owners
        shutil.rmtree(site.root / "desired-state" / folder)


@pytest.fixture
def site(recorded, tmp_path, monkeypatch):
    shutil.copytree(recorded.root, tmp_path / "site", symlinks=True)
    monkeypatch.setattr(
        steps,
        "collect",
        lambda _config, _environment, _progress, run, *_, **__: replace(
            recorded.snapshot, run=replace_run(recorded.snapshot.run, run)
        ),
    )
    return SiteRepository(tmp_path / "site", monkeypatch)


def replace_run(old: Any, new: Any) -> Any:
    return new.model_copy(update={"sources": old.sources})


def edit(
    site: SiteRepository, changes: Mapping[str, str | bytes | None], branch: str = "drift-state"
) -> None:
    """Commit files on a branch as somebody with git would: None removes one."""
    tree = site.root.parent / "work"
    site.git("worktree", "add", "--quiet", "--force", str(tree), branch)
    for name, text in changes.items():
        path = tree / name
        if text is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    site.git("-C", str(tree), "add", "--all")
    site.git("-C", str(tree), "commit", "--quiet", "--message", "by hand")
    site.git("worktree", "remove", "--force", str(tree))


def show(site: SiteRepository, path: str, branch: str = "drift-state") -> Any:
    return json.loads(site.git("show", f"{branch}:{path}"))


def runs(site: SiteRepository, capsys, times: int = 2) -> list[tuple[int, str]]:
    """The exit code and the warnings and errors of each of some runs."""
    found = []
    for _ in range(times):
        code = site.run("run")
        err = capsys.readouterr().err
        assert "internal" not in err, err
        assert "Traceback" not in err
        lines = [line for line in err.splitlines() if re.match(r"(?:warning|error): .*drift-state", line)]
        found.append((code, "\n".join(lines)))
    return found


def in_groups(names: Iterable[str]) -> list[Any]:
    """Parameters of the cases that share a site; the id is that of the first."""
    listed = list(names)
    groups = [listed[at : at + IN_A_GROUP] for at in range(0, len(listed), IN_A_GROUP)]
    return [pytest.param(group, id=f"{group[0]} and {len(group) - 1} more") for group in groups]


def in_turn(
    site: SiteRepository, capsys, names: Iterable[str], damage: Callable[[str], None]
) -> Iterator[tuple[str, int, str]]:
    """Yield each case with the exit code of the run after it, and the warnings and errors of that run.

    After all of them, a run without a warning finds the record put right.
    """
    for name in names:
        damage(name)
        try:
            ((code, lines),) = runs(site, capsys, 1)
        except BaseException as error:
            error.add_note(f"the case: {name}")
            raise
        yield name, code, lines
    assert runs(site, capsys, 1) == [(0, "")]


def rows(**changes: Any) -> Change:
    return lambda value: {**value, **changes}


def of_guest(**changes: Any) -> Change:
    return lambda value: {**value, "101": {**value["101"], **changes}}


BAD_ROWS: dict[str, Change] = {
    "a number": rows(**{"101": 3}),
    "a list": rows(**{"101": []}),
    "null": rows(**{"101": None}),
    "an empty object": rows(**{"101": {}}),
    "a list as a number": of_guest(cores=[1]),
    "an object as a number": of_guest(memory={"a": 1}),
    "a huge number": of_guest(memory=1e300),
    "a negative number": of_guest(cores=-1),
    "a number as an object": of_guest(nics=3),
    "a list as an object": of_guest(disks=[1]),
    "a text as an object": of_guest(options="x"),
    "null in an object": of_guest(nics={"net0": None}),
    "a slot that cannot be": of_guest(nics={"../net0": {}}),
    "an object as tags": of_guest(tags={"a": {}}),
    "objects as tags": of_guest(tags=[{"a": 1}]),
    "another type": of_guest(type="phone"),
    "pending as a list": of_guest(pending=[1]),
    "unmodelled as a number": of_guest(unmodelled=7),
    "unmodelled of lists": of_guest(unmodelled={"/a": [1]}),
}
ODD_IDS: dict[str, Change] = {
    "no id": rows(**{"": {}}),
    "a path as id": rows(**{"../../etc/passwd": {}}),
    "NUL in an id": rows(**{"a\0b": {}}),
    "a line break in an id": rows(**{"a\nb": {}}),
    "a large id": rows(**{"a" * 1_000_000: {}}),
    "an id with direction marks": rows(**{"\u202e101": {}}),
    "another form of an id": rows(**{"0101": {}}),
}


@pytest.mark.parametrize("names", in_groups([*BAD_ROWS, *ODD_IDS]))
def test_a_bad_row_costs_itself(site, capsys, names):
    good = show(site, LIVE)

    def damage(name: str) -> None:
        edit(site, {LIVE: json.dumps({**BAD_ROWS, **ODD_IDS}[name](good))})

    for name, code, warned in in_turn(site, capsys, names, damage):
        assert code == 0, name
        line = rf"warning: drift-state: {LIVE}: row .* is left out, and read again: .*"
        assert re.fullmatch(line, warned), (name, warned)
        assert len(warned) < 500, name
        assert show(site, LIVE) == good, name


GOOD = '{"schema_version": "1.0"}'
BAD_FILES: dict[str, str | bytes | None] = {
    "missing": None,
    "empty": "",
    "cut": '{"schema_version": "1.0", "ru',
    "a merge": "<<<<<<< HEAD\n{}",
    "compressed and cut": b"\x1f\x8b\x08\0\0\0\0\0",
    "NUL": b"\0" * 100,
    "not UTF-8": b'{"a": "\xff"}',
    "half a surrogate pair": '{"a": "\\ud800"}',
    "NaN": '{"schema_version": "1.0", "run": NaN}',
    "a list": "[]",
    "a number": "7",
    "deep": DEEP,
    "deep in a field": f'{{"schema_version": "1.0", "run": {DEEP}, "scopes": {DEEP}}}',
    "no version": "{}",
    "an older version": '{"schema_version": "0.9"}',
    "a version that is none": '{"schema_version": {"a": 1}}',
    "a version of text": '{"schema_version": "x"}',
    "nothing else": GOOD,
    "duplicate keys": '{"schema_version": "1.0", "run": 1, "run": {}, "scopes": [1], "findings": 3}',
}


def only_falls_back(path: str, warned: str) -> bool:
    """Whether one file alone is reported, with the earlier version of it that counts."""
    line = rf"warning: drift-state: {path}: .*: its version of [0-9a-f]{{12}} counts instead.*"
    return re.fullmatch(line, warned) is not None


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_falls_back_to_its_last_good_version(site, capsys, name):
    paths = (RUN, DRIFT, CHANGED, LEDGER)
    for path, code, warned in in_turn(site, capsys, paths, lambda path: edit(site, {path: BAD_FILES[name]})):
        assert code == 0, warned
        assert only_falls_back(path, warned), warned
        assert show(site, path)["schema_version"] == "1.0"


@pytest.mark.parametrize(
    "names",
    in_groups(name for name in BAD_FILES if not re.search("version|nothing|duplicate|missing|field", name)),
)
def test_a_bad_file_of_rows_falls_back_to_its_last_good_version(site, capsys, names):
    good = show(site, LIVE)
    for name, code, warned in in_turn(site, capsys, names, lambda name: edit(site, {LIVE: BAD_FILES[name]})):
        assert code == 0, name
        assert only_falls_back(LIVE, warned), (name, warned)
        assert show(site, LIVE) == good, name


@pytest.mark.parametrize("path", [RUN, DRIFT, CHANGED, LEDGER])
def test_a_newer_version_is_an_error_that_names_the_remedy(site, capsys, path):
    edit(site, {path: '{"schema_version": "2.0"}'})
    for code, errors in runs(site, capsys):
        assert code == 1
        assert re.fullmatch(
            r"error: drift-state at \w+: .*schema_version '2\.0'.*; upgrade reconciler.*", errors
        )


def facts(**changes: Any) -> Change:
    return lambda value: {**value, **changes}


def of_run(**changes: Any) -> Change:
    return lambda value: {**value, "run": {**value["run"], **changes}}


SCOPE = {"source": "pve", "kind": "guest", "listed": "complete", "count": 1}
BAD_FACTS: dict[str, Change] = {
    "a run id that is a path": of_run(id="../../../etc/passwd"),
    "a run id at no time": of_run(id="99999999T999999Z-3fa9c1"),
    "a month that is none": of_run(id="20261323T210500Z-3fa9c1"),
    "a date in the year 1": of_run(collected_at="0001-01-01T00:00:00Z"),
    "a date in the year 9999": of_run(collected_at="9999-12-31T23:59:59Z"),
    "stale in the year 9999": of_run(stale_after="9999-12-31T23:59:59Z"),
    "a date that is none": of_run(collected_at="yesterday"),
    "a date as a number": of_run(collected_at=1e30),
    "sources as a list": of_run(sources=[1]),
    "scopes as an object": facts(scopes={"a": 1}),
    "scopes of numbers": facts(scopes=[1]),
    "a negative count": facts(scopes=[{**SCOPE, "count": -1}]),
    "unread as a list": facts(scopes=[{**SCOPE, "unread": [1]}]),
    "times as a list": facts(as_of=[1]),
}


@pytest.mark.parametrize("names", in_groups(BAD_FACTS))
def test_bad_facts_of_a_run_fall_back(site, capsys, names):
    def damage(name: str) -> None:
        edit(site, {RUN: json.dumps(BAD_FACTS[name](show(site, RUN)))})

    for name, code, warned in in_turn(site, capsys, names, damage):
        assert code == 0, name
        assert only_falls_back(RUN, warned), (name, warned)


ODD_FACTS: dict[str, Change] = {
    "a time of no key": facts(
        as_of={"pve": "2026-11-23T00:00:00Z", "a/b/c": "x", "pve/guest/101": "0001-01-01T00:00:00Z"}
    ),
    "times of numbers": facts(as_of={"pve/guest/101": "9999-12-31T23:59:59Z", "//": "2026-11-23T00:00:00Z"}),
    "a scope of a path": lambda value: {**value, "scopes": [*value["scopes"], {**SCOPE, "source": "../x"}]},
    "a scope of a source that nobody has": lambda value: {
        **value,
        "scopes": [*value["scopes"], {**SCOPE, "source": "nobody"}, {**SCOPE, "kind": "no-kind"}],
    },
    "a scope twice": lambda value: {**value, "scopes": value["scopes"] * 2},
    "a guard of everything": facts(scopes=[{**SCOPE, "guard": {"lost": ["x"] * 1000, "seen": 10**9}}]),
    "unsteady keys": facts(scopes=[{**SCOPE, "unsteady": {"/a": 10**12, "": -5}}]),
    "names": facts(scopes=[{**SCOPE, "unidentified": {"x": {"names": ["a"] * 100}}}]),
    "a place that is none": facts(history={"lineage": [], "serial": "x"}),
    "a serial of a billion": facts(history={"lineage": "0" * 12, "serial": 10**15}),
    "a duration that is none": facts(took="long"),
    "a negative duration": facts(took=-1e300),
    "a system of another source": of_run(sources={"pve": {"system": "npm", "status": "complete"}}),
}


@pytest.mark.parametrize("name", ODD_FACTS)
def test_odd_facts_stop_no_run(site, capsys, name):
    edit(site, {RUN: json.dumps(ODD_FACTS[name](show(site, RUN)))})
    codes = [code for code, _ in runs(site, capsys)]
    assert set(codes) <= {0, 2, 3}


ENTRY = {"key": "pve/guest/101", "type": "drifted", "first_seen": "2026-11-23T12:00:00Z"}
ODD_LIVES: dict[str, Any] = {
    "a list": [],
    "an entry that is none": {"0" * 12: 3},
    "a key that is none": {"0" * 12: {**ENTRY, "key": "x"}},
    "a key of nothing that is configured": {"0" * 12: {**ENTRY, "key": "nobody/lamp/1"}},
    "an id that is none": {"../../etc": ENTRY, "": ENTRY},
    "a deep agreed value": {"0" * 12: {**ENTRY, "agreed": json.loads("[" * 60 + "]" * 60)}},
    "an agreed value of another type": {"0" * 12: {**ENTRY, "path": "/memory", "agreed": {"a": [1]}}},
    "a time that is none": {"0" * 12: {**ENTRY, "resolved_at": "yesterday"}},
    "a time that cannot be": {"0" * 12: {**ENTRY, "first_seen": "9999-12-31T23:59:59Z"}},
    "a time before there was anything": {"0" * 12: {**ENTRY, "resolved_at": "0001-01-01T00:00:00Z"}},
    "a key of a later version": {"0" * 12: {**ENTRY, "later": [1]}},
    "resolved before it was seen": {"0" * 12: {**ENTRY, "resolved_at": "2020-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("name", ODD_LIVES)
def test_odd_lives_of_findings_stop_no_run(site, capsys, name):
    edit(site, {LEDGER: json.dumps({"schema_version": "1.0", "findings": ODD_LIVES[name]})})
    codes = [code for code, _ in runs(site, capsys)]
    assert set(codes) <= {0, 2, 3}


ODD_FILES: dict[str, dict[str, str]] = {
    "a source that nobody has": {"reports/latest/live/nobody/guest.json": '{"1": {"a": [1]}, "2": 3}'},
    "a kind that nobody has": {"reports/latest/live/pve/no-kind.json": '{"1": {}}'},
    "rows of a retired source": {
        "reports/latest/live/old/guest.json": '{"1": {"nics": 3, "tags": {"a": 1}}}'
    },
    "a deep row of a retired source": {"reports/latest/live/old/guest.json": f'{{"1": {{"a": {DEEP}}}}}'},
    "a source with a space": {"reports/latest/live/a b/guest.json": "{}"},
    "a source with a line break": {"reports/latest/live/a\nb/guest.json": '{"1": {}}'},
    "a hidden source": {"reports/latest/live/.git2/guest.json": '{"1": {}}'},
    "the kind of another system": {"reports/latest/live/npm/guest.json": '{"1": {"name": 1}}'},
    "a run at no time": {"reports/runs/9999/99/99/T999999Z-3fa9c1/live.json": "{}"},
    "a run of the future": {"reports/runs/2190/01/01/T000000Z-3fa9c1/live.json": "{}"},
    "a file of a person in a run": {f"{FOLDER}/notes.txt": "mine", f"{FOLDER}/live.json": "{}"},
    "a day": {"reports/days/2026/11/23.json": "{"},
    "a file in the place of a folder": {"reports/runs/2026/11/22": "x"},
    "notes of a person": {"reports/latest/notes.txt": "x", "reports/README.md": "y"},
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_files_stop_no_run(site, capsys, name):
    """What stays in the record is there in the second run as well."""
    edit(site, ODD_FILES[name])
    codes = [code for code, _ in runs(site, capsys)]
    assert set(codes) <= {0, 3}


def test_retention_deletes_only_what_is_ours_by_name(site, capsys):
    old = "reports/runs/2020/01/02/T030405Z-3fa9c1"
    theirs = {
        f"{old}/notes.txt": "mine",
        f"{old}/live.json.orig": "mine",
        "reports/runs/2020/list.json": "{}",
    }
    edit(site, {**theirs, f"{old}/live.json": "{}", f"{old}/drift.md": "x", LIVE: "{"})
    runs(site, capsys, 1)
    left = site.git("ls-tree", "-r", "--name-only", "drift-state", "reports/runs/2020/").splitlines()
    assert sorted(left) == sorted(theirs)


def put_in_place(site: SiteRepository, mode: str, path: str) -> None:
    """Commit another thing in the place of a file, as a hostile `git update-index --cacheinfo` does."""
    commit = site.git("rev-parse", "drift-state")
    identity = commit if mode == "160000" else site.git("rev-parse", f"drift-state:{path}")
    site.monkeypatch.setenv("GIT_INDEX_FILE", str(site.root / ".git/other-index"))
    site.git("read-tree", "drift-state")
    site.git("update-index", "--cacheinfo", f"{mode},{identity},{path}")
    tree = site.git("write-tree")
    site.monkeypatch.delenv("GIT_INDEX_FILE")
    made = site.git("commit-tree", tree, "-p", commit, "-m", "by hand")
    site.git("update-ref", "refs/heads/drift-state", made)


@pytest.mark.parametrize("mode", ["120000", "160000", "100755"])
def test_a_link_or_a_submodule_in_the_place_of_a_file(site, capsys, mode):
    paths = (RUN, DRIFT, CHANGED, LEDGER, LIVE)
    for path, code, warned in in_turn(site, capsys, paths, lambda path: put_in_place(site, mode, path)):
        assert code == 0, warned
        assert warned == "" if mode == "100755" else only_falls_back(path, warned), (path, warned)
        assert site.git("ls-tree", "drift-state", path).startswith("100")


def of_first(value: Any, **changes: Any) -> Any:
    """A pulse in which every row has other fields."""
    change = {
        name: {key: {**row, **changes} for key, row in rows.items()}
        for name, rows in value["resources"]["pve"].items()
    }
    return {**value, "resources": {**value["resources"], "pve": change}}


PULSES: dict[str, tuple[str, Change | str]] = {
    **{f"run.json: {name}": ("run.json", text) for name, text in BAD_FILES.items() if isinstance(text, str)},
    **{
        f"drift.json: {name}": ("drift.json", text)
        for name, text in BAD_FILES.items()
        if isinstance(text, str)
    },
    **{f"run.json: {name}": ("run.json", change) for name, change in BAD_FACTS.items()},
    **{f"run.json: {name}": ("run.json", change) for name, change in ODD_FACTS.items()},
    "observed: deep": (
        "observed.json",
        f'{{"schema_version": "1.0", "resources": {{"pve": {{"guest": {{"101": {DEEP}}}}}}}}}',
    ),
    "observed: numbers": (
        "observed.json",
        '{"schema_version": "1.0", "resources": {"pve": {"guest": {"101": 3, "": {}}}}}',
    ),
    "observed: a path": (
        "observed.json",
        '{"schema_version": "1.0", "resources": {"../x": {"guest": {"101": {}}}}}',
    ),
    "observed: lists": ("observed.json", '{"schema_version": "1.0", "resources": [1]}'),
    "observed: health": ("observed.json", lambda value: of_first(value, health=3)),
    "observed: unread": ("observed.json", lambda value: of_first(value, unread={"a": 1})),
    "observed: lock": ("observed.json", lambda value: of_first(value, lock=[1], locked_since="x")),
    "observed: addresses": (
        "observed.json",
        lambda value: of_first(value, addresses={"a": 1}, newest_backup="x"),
    ),
}


def stops_no_run(found: Iterable[tuple[str, int, str]]) -> None:
    for name, code, lines in found:
        assert code == 0, (name, lines)


@pytest.mark.parametrize("names", in_groups(PULSES))
def test_a_hostile_pulse_stops_no_run(site, capsys, names):
    def damage(name: str) -> None:
        path, change = PULSES[name]
        text = change if isinstance(change, str) else json.dumps(change(show(site, path, "drift-pulse")))
        edit(site, {path: text}, "drift-pulse")

    stops_no_run(in_turn(site, capsys, names, damage))


REPORTS: dict[str, Change] = {
    "a summary of text": facts(summary="x"),
    "findings of numbers": facts(findings=[1]),
    "verdicts as a list": facts(verdicts=[1]),
    "a finding without a key": lambda value: {**value, "findings": [{"id": "x"}]},
    "events of text": facts(events=["x"]),
    "deep in an event": lambda value: {
        **value,
        "events": [{"what": "changed", "key": "a/b/c", "path": "/", "old": [[1]]}],
    },
    "groups": facts(grouped=[1]),
    "a verdict of nothing": lambda value: {**value, "verdicts": {"../x/y": "odd"}},
}


@pytest.mark.parametrize("names", in_groups(REPORTS))
def test_a_hostile_report_stops_no_run(site, capsys, names):
    def damage(name: str) -> None:
        edit(site, {DRIFT: json.dumps(REPORTS[name](show(site, DRIFT)))})

    stops_no_run(in_turn(site, capsys, names, damage))
