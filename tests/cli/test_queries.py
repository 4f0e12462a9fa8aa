"""`history`, `show`, `who` and `drift --desired` on the command line, without any source."""

import json
import time

import jsonschema
import pytest

from reconciler.cli.main import run
from reconciler.kinds import SYSTEMS
from reconciler.model.act import Act
from reconciler.model.findings import Event
from reconciler.model.key import Key
from reconciler.publish.schemas import schemas
from reconciler.site import KINDS
from tests.jobs.past import Past, guest
from tests.record.parts import at, commit_all, drifted

WEB = "pve/guest/101"
HOSTILE = "web\x1b[31m\u202e::set-output name=x::y"


@pytest.fixture
def past(tmp_path, monkeypatch) -> Past:
    """A guest whose address changed by hand, after it was first recorded."""
    past = Past(tmp_path / "site")
    monkeypatch.chdir(past.root)
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    act = Act(at=at(2), account="root@pam", what="vzset", reference="UPID:n1")
    finding = drifted(Key.parse(WEB), 512, 1024).model_copy(update={"first_seen": at(2)})
    event = Event(key=Key.parse(WEB), what="changed", path="/nics/net0/ip", who=(act,))
    past.findings = (finding,)
    past.run({WEB: guest()})
    past.run({WEB: guest("web1", "192.168.11.6", memory=1024)}, findings=(finding,), events=(event,))
    return past


def out(capsys, *arguments, code=0):
    assert run(list(arguments)) == code
    return capsys.readouterr().out


def test_the_history_of_a_resource(past, capsys):
    assert out(capsys, "history", WEB).splitlines() == [
        "pve/guest/101 web1",
        "2026-11-23 14:00  /memory  512 → 1024                               opens drift",
        "2026-11-23 14:00  /nics/net0/ip  192.168.11.5/24 → 192.168.11.6/24  root@pam (vzset) UPID:n1",
        "2026-11-23 13:00  first recorded, as it was then",
        "",
        f"lan: 3 changes; site last read 2026-11-23 14:00 UTC, run {past.runs[1]}",
    ]


def test_the_list_of_runs(past, capsys):
    assert out(capsys, "history").splitlines() == [
        f"2026-11-23 14:00  drifted  1 warning    (+1)  {past.runs[1]}",
        f"2026-11-23 13:00  in sync  no findings        {past.runs[0]}",
        "",
        f"lan: 2 runs; site last read 2026-11-23 14:00 UTC, run {past.runs[1]}",
    ]


def test_bounded_output_has_the_total(past, capsys):
    assert "1 of 3 changes (--limit 0 shows all)" in out(capsys, "history", WEB, "--limit", "1")
    assert "1 of 2 runs (--limit 0 shows all)" in out(capsys, "history", "--limit", "1")


def test_a_resource_at_a_time(past, capsys):
    text = out(capsys, "show", WEB, "--at", "2026-11-23 13:30")
    assert "as read 2026-11-23 13:00 UTC" in text
    assert "/nics/net0/ip         192.168.11.5/24" in text
    assert "next record 2026-11-23 14:00 UTC" in text
    assert "192.168.11.6/24" in out(capsys, "show", "web1", "--at", "2026-11-23")


def test_a_day_is_one_of_the_zone_of_the_machine(past, capsys, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    assert run(["show", WEB, "--at", "2026-11-23"]) == 1
    assert "2026-11-23 09:59 UTC: is before the first record" in capsys.readouterr().err
    assert "192.168.11.6/24" in out(capsys, "show", WEB, "--at", "2026-11-24")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_who_has_an_address(past, capsys):
    assert out(capsys, "who", "192.168.11.6").splitlines() == [
        "web1 (pve/guest/101)  configured  2026-11-23 – today",
        "",
        f"lan: site last read 2026-11-23 14:00 UTC, run {past.runs[1]}",
    ]
    assert out(capsys, "who", "192.168.11.5").splitlines()[:4] == [
        "no resource has 192.168.11.5 in this record",
        "",
        "at other times",
        "web1 (pve/guest/101)  configured  2026-11-23 13:00 or earlier – 2026-11-23 14:00",
    ]
    past_text = out(capsys, "who", "192.168.11.5", "--at", "2026-11-23T13:30:00Z")
    assert "as recorded 2026-11-23 13:00 UTC; observed addresses are not kept for the past" in past_text


ANSWERS = {
    "history": ["history"],
    "history-key": ["history", WEB],
    "show": ["show", WEB],
    "who": ["who", "web1"],
    "drift": ["show", "latest"],
}


@pytest.mark.parametrize("name", ANSWERS)
def test_json_has_its_schema_and_states_when_the_site_was_read(past, capsys, name):
    document = json.loads(out(capsys, *ANSWERS[name], "--format", "json"))
    jsonschema.validate(document, schemas(SYSTEMS.values(), KINDS)[name].document())
    assert document["schema_version"] == "1.0"
    read = document["run"]["collected_at"] if name == "drift" else document["collected_at"]
    assert read == "2026-11-23T14:00:00Z"


@pytest.mark.parametrize(
    "arguments", [["history", "102"], ["show", "102"], ["show", "102", "--format", "json"]]
)
def test_hostile_names_are_escaped(past, capsys, arguments):
    past.run({"pve/guest/102": guest(HOSTILE, tags=[HOSTILE])})
    past.run({"pve/guest/102": guest(HOSTILE, tags=[HOSTILE], node=HOSTILE)})
    text = out(capsys, *arguments)
    assert "\x1b" not in text
    assert "\u202e" not in text
    if "json" not in arguments:
        assert "::set-output" not in text


def test_the_report_of_a_run(past, capsys):
    assert "1024" in out(capsys, "show", "latest")
    assert "1024" not in out(capsys, "show", past.runs[0])
    assert "`/memory`" in out(capsys, "show", "latest", "--format", "markdown")


MISTAKES = [
    (["history", "nope"], 1, "error: nope: was never recorded; "),
    (["history", " "], 64, "error: KEY: is empty; write SOURCE/KIND/ID"),
    (["show", "nope"], 1, "error: nope: was never recorded; "),
    (["who", "nope"], 1, "error: nope: no record has it; "),
    (["show", WEB, "--at", "2026-02-30"], 64, "error: 2026-02-30: is not a time; write 2026-11-24"),
    (["show", WEB, "--at", "nope"], 1, "error: nope: is neither a date, nor a run, nor a branch"),
    (["show", "latest", "--at", "2026-11-23"], 64, "--at is for a resource"),
    (["show", WEB, "--format", "junit"], 64, "junit is a format of the report of a run"),
    (["show", WEB, "--format", "markdown"], 64, "markdown is a format of the report of a run"),
    (["history", WEB, "--limit", "-1"], 64, "--limit"),
    (
        ["drift", "--snapshot", "latest", "--desired", "nope"],
        1,
        "error: nope: is neither a branch, nor a tag",
    ),
    (["drift", "--snapshot", "20200101T00", "--desired", "HEAD"], 1, "is not a run that made a commit"),
]


@pytest.mark.parametrize(("arguments", "code", "message"), MISTAKES)
def test_a_mistake_is_one_line_with_its_exit_code(past, capsys, arguments, code, message):
    assert run(arguments) == code
    caught = capsys.readouterr()
    assert message in caught.err
    assert "Traceback" not in caught.err
    assert caught.out == ""


@pytest.mark.parametrize(
    "arguments", [["history"], ["history", WEB], ["show", WEB], ["show", "latest"], ["who", "1"]]
)
def test_before_the_first_run_the_next_step_is_named(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(Past(tmp_path / "new").root)
    assert run(arguments) == 1
    assert "nothing is recorded on drift-state yet; run `reconciler run`" in capsys.readouterr().err


def test_outside_a_repository_the_remedy_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert run(["history"]) == 1
    assert "is not a git repository" in capsys.readouterr().err


def test_a_remote_that_is_away_is_a_warning(past, capsys):
    past.git("remote", "add", "origin", str(past.root.parent / "gone"))
    past.file.write_text(past.file.read_text().replace("{push: null}", "{push: origin}"))
    assert run(["history", WEB]) == 0
    caught = capsys.readouterr()
    assert "cannot be reached" in caught.err
    assert "first recorded" in caught.out


def test_a_shallow_clone_states_what_is_missing(past, tmp_path, monkeypatch, capsys):
    clone = tmp_path / "shallow"
    options = ("--quiet", "--depth=1", "--branch=drift-state", "--single-branch")
    past.git("clone", *options, f"file://{past.root}", str(clone))
    monkeypatch.chdir(clone)
    assert run(["history", WEB]) == 0
    caught = capsys.readouterr()
    assert "older history is not in this clone" in caught.err
    assert "git fetch --unshallow origin drift-state" in caught.err
    assert "first recorded" in caught.out
    assert "created" not in caught.out


def test_a_run_that_changed_nothing_is_compared_as_the_run_before_it(past, capsys):
    (past.root / "desired-state/pve/guest.yaml").write_text("101: {memory: 512}\n")
    commit_all(past.root, "as it was")
    again = past.run({WEB: guest("web1", "192.168.11.6", memory=1024)}, findings=past.findings)
    past.run({WEB: guest("web1", "192.168.11.6")})
    documents = []
    for snapshot in (past.runs[1], again, again[:13]):
        assert run(["drift", "--snapshot", snapshot, "--format", "json", "--since", past.runs[0][:13]]) == 2
        documents.append(json.loads(capsys.readouterr().out))
    assert documents[0] == documents[1] == documents[2]
    assert documents[0]["run"]["id"] == past.runs[1]
    assert [each["type"] for each in documents[0]["findings"]] == ["drifted"]


def test_the_desired_state_of_a_ref_is_compared_with_a_recorded_run(past, capsys):
    text = "101: {memory: %d}\n"
    (past.root / "desired-state/pve/guest.yaml").write_text(text % 512)
    first = commit_all(past.root, "as it was")
    (past.root / "desired-state/pve/guest.yaml").write_text(text % 1024)
    commit_all(past.root, "as it is")
    (past.root / "desired-state/pve/guest.yaml").write_text("not: [valid\n")
    results = {
        (snapshot, ref): run(["drift", "--snapshot", snapshot, "--desired", ref, "--format", "json"])
        for snapshot in (past.runs[0], past.runs[1], "latest", past.runs[0][:14])
        for ref in (first, "main")
    }
    outputs = capsys.readouterr().out
    assert results == {
        (past.runs[0], first): 0,
        (past.runs[0], "main"): 2,
        (past.runs[1], first): 2,
        (past.runs[1], "main"): 0,
        ("latest", first): 2,
        ("latest", "main"): 0,
        (past.runs[0][:14], first): 0,
        (past.runs[0][:14], "main"): 2,
    }
    assert f'"desired_commit": "{first}"' in outputs
    assert past.git("status", "--porcelain") == "M desired-state/pve/guest.yaml"
