import json
from dataclasses import replace

import pytest

from reconciler.model.key import Key
from reconciler.model.recorded import Position
from reconciler.record import layout, parsing
from tests.record.parts import NOON, at, drifted, missing, recorded

WEB = Key("pve", "guest", "101")
PLACE = Position("0123456789ab", 7)


def test_a_run_has_a_folder_by_date():
    assert layout.run_folder("20261123T210500Z-3fa9c1") == "runs/2026/11/23/T210500Z-3fa9c1/"


@pytest.mark.parametrize("text", ["", "latest", "../../etc", "20261123T210500Z-3fa9c1/..", "20261123"])
def test_what_is_no_run_id_has_none(text):
    with pytest.raises(ValueError, match="is not a run id"):
        layout.run_folder(text)


def test_runs_are_found_by_their_folders():
    folder = "runs/2026/11/23/T210500Z-3fa9c1/"
    paths = [
        f"{folder}live.json",
        f"{folder}drift.md",
        "runs/README.md",
        "latest/run.json",
        "runs/2026/x/1/y/z",
    ]
    assert layout.run_ids(paths) == {"20261123T210500Z-3fa9c1": [f"{folder}live.json", f"{folder}drift.md"]}


def test_rows_lie_by_source_and_kind_and_an_empty_complete_list_is_a_file():
    files = layout.live_files(recorded())
    assert sorted(files) == ["latest/live/pve/guest.json", "latest/live/pve/pool.json"]
    assert files["latest/live/pve/pool.json"] == b"{}\n"
    assert files["latest/live/pve/guest.json"].startswith(b'{\n  "101": {\n    "memory": 8192,\n')


def test_rows_come_back_as_they_were():
    run = recorded(guests={"a/b": {"x": None, "y": [1, {"z": "ü"}]}})
    files = layout.live_files(run)
    rows = {key: row for path, data in files.items() for key, row in parsing.parse_live(path, data).items()}
    assert rows == run.inventory.config


@pytest.mark.parametrize("name", ["..", "a/b", "", ".hidden", "a\n"])
def test_a_name_that_is_no_file_name_is_refused(name):
    run = recorded()
    with pytest.raises(ValueError, match="cannot be the name"):
        layout.live_files(replace(run, inventory=replace(run.inventory, config={Key("pve", name, "1"): {}})))


def test_the_facts_of_a_run_come_back():
    run = recorded(as_of={WEB: at(-3)})
    facts = parsing.parse_run("run.json", layout.run_file(run, PLACE, 1.5))
    assert facts == parsing.RunFacts(run.report.run, run.report.scopes, {WEB: at(-3)}, None, PLACE, 1.5)


def test_report_moments_and_observed_rows_come_back():
    run = recorded(findings=[drifted(WEB, 4096, 8192)], observed={WEB: {"ips": ["10.0.0.1"]}})
    facts = parsing.parse_run("run.json", layout.run_file(run, PLACE, 1.5))
    assert parsing.parse_drift("d", layout.report_files(run, "")["drift.json"], facts) == run.report
    pulse = layout.pulse_files(run, "digest", PLACE, 1.5)
    assert parsing.parse_run("run.json", pulse["run.json"]) == replace(facts, latest="digest")
    assert parsing.parse_drift("d", pulse["drift.json"], facts) == run.report
    assert parsing.parse_changed("c", layout.changed_file(run)) == dict.fromkeys(run.inventory.config, NOON)
    assert parsing.parse_observed("o", pulse["observed.json"]) == run.inventory.observed


def test_only_run_facts_and_moments_have_a_clock():
    one, two = recorded(), recorded(at(7))
    assert layout.live_files(one) == layout.live_files(two)
    pulses = [*(layout.pulse_files(each, "digest", PLACE, 1.5) for each in (one, two))]
    assert {name for name in pulses[0] if pulses[0][name] != pulses[1][name]} == {"run.json"}


def test_what_a_heartbeat_follows_resolved_is_no_news():
    run = replace(recorded(), report=recorded().report.model_copy(update={"resolved": (missing(WEB),)}))
    data = layout.report_files(run, "")["drift.json"]
    own = parsing.parse_run("run.json", layout.run_file(run, PLACE, 1.5))
    beat = parsing.parse_run("run.json", layout.run_file(recorded(at(24)), PLACE, 1.5))
    assert parsing.parse_drift("d", data, own).resolved
    assert parsing.parse_drift("d", data, beat).resolved == ()


def test_files_of_runs_are_told_from_those_of_people():
    run = recorded()
    ours = [*layout.live_files(run), *(f"latest/{name}" for name in ("run.json", "changed.json"))]
    for folder in ("latest/", layout.run_folder(run.report.run.id)):
        ours += [f"{folder}{name}" for name in layout.report_files(run, "")]
    ours.append(f"{layout.run_folder(run.report.run.id)}live.json")
    assert all(map(layout.is_ours, ours))
    theirs = [
        "README.md",
        "latest/notes.md",
        "runs/incident.md",
        "latest/live/pve.json",
        "runs/2026/x/live.json",
    ]
    assert not any(map(layout.is_ours, theirs))


def test_a_digest_is_of_what_is_latest_alone():
    files = {"latest/run.json": "1", "latest/live/pve/guest.json": "2", "runs/x": "3"}
    assert layout.digest(files) == layout.digest({**dict(reversed(files.items())), "runs/y": "4"})
    assert layout.digest(files) != layout.digest({**files, "latest/run.json": "9"})


def _parse_drift(path: str, data: bytes | None) -> object:
    run = recorded()
    return parsing.parse_drift(path, data, parsing.RunFacts(run.report.run, run.report.scopes, {}))


PARSERS = [parsing.parse_run, _parse_drift, parsing.parse_changed, parsing.parse_observed]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "is missing"),
        (b"<<<<<<< HEAD", "is not JSON"),
        (b"[]", "schema_version None"),
        (b'{"schema_version": "2.0"}', "schema_version '2.0'"),
        (
            b'{"schema_version": "1.0", "run": 3, "scopes": 4, "as_of": 5, "changed_at": 6, "resources": 7}',
            ": ",
        ),
        (b'{"schema_version": "1.0"}', ": "),
    ],
)
def test_what_we_did_not_write_is_named(parse, data, words):
    with pytest.raises(ValueError, match=r"^a\.json: ") as caught:
        parse("a.json", data)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_that_is_wrong_is_named():
    document = json.loads(layout.run_file(recorded(), PLACE, 1.5))
    document["run"]["collected_at"] = "yesterday"
    with pytest.raises(ValueError, match=r"^a\.json: collected_at: "):
        parsing.parse_run("a.json", json.dumps(document).encode())


def test_a_later_minor_version_is_read():
    document = json.loads(layout.changed_file(recorded()))
    document |= {"schema_version": "1.7", "new": 1}
    assert parsing.parse_changed("c", json.dumps(document).encode()) == recorded().changed_at


@pytest.mark.parametrize("data", [b"[]", b"3", b'"x"'])
def test_rows_that_are_none_are_refused(data):
    with pytest.raises(ValueError, match=r"guest\.json: is not a mapping from ids"):
        parsing.parse_live("latest/live/pve/guest.json", data)
