import re
import subprocess
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.findings import Event, FieldChange, Finding
from reconciler.model.key import Key
from reconciler.record import diary
from reconciler.record.change import changed_findings, state
from reconciler.record.commit import run_message
from tests.drift import house
from tests.report import samples

OLD = {"first_seen": house.START - timedelta(days=3)}


def _finding(identity, type_="drifted", path=None, desired=1, live=2, key=None, **fields):
    change = None if path is None else FieldChange(path=path, desired=desired, live=live)
    made = {"first_seen": house.START, "severity": "warning", "title": "…", **fields}
    return Finding(
        id=f"{abs(hash((identity, type_, path))):016x}"[:12],
        type=type_,
        key=Key.parse(key) if key else Key("pve", "guest", identity),
        change=change,
        **made,
    )


def _report(*findings, resolved=(), events=()):
    return samples.quiet().model_copy(
        update={"findings": findings, "resolved": tuple(resolved), "events": tuple(events)}
    )


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (_finding("112", "missing"), "112 missing"),
        (_finding("103", path="/name"), "103 renamed"),
        (_finding("113", path="/memory"), "113 memory changed"),
        (_finding("142", path="/nics/net0/ip"), "142 net0.ip changed"),
        (_finding("148", path="/nics/net1", desired=None), "148 nics.net1 added"),
        (_finding("148", path="/nics/net1", live=None), "148 nics.net1 removed"),
        (_finding("9", path=""), "9 exists"),
        (_finding("199", "unmanaged"), "199 not declared"),
        (_finding("114", "no-backup"), "114 no-backup"),
        (_finding("115", "missing", **OLD, reopened=house.START), "115 missing"),
    ],
)
def test_a_new_finding_is_a_resource_and_a_word(finding, words):
    assert diary.subject(_report(finding)) == words


def test_the_worst_is_first_and_the_rest_is_counted():
    found = [_finding(str(at), path=f"/field{at}") for at in range(20)]
    line = diary.subject(_report(*found, _finding("99", "missing", severity="error")))
    assert line.startswith("99 missing, 0 field0 changed, 1 field1 changed, ")
    assert len(line) <= diary.SUBJECT_CHARS + len(" (+99)")
    shown = line.count(",") + 1
    assert line.endswith(f" (+{21 - shown})")


def test_many_of_one_rule_and_consequences_do_not_fill_the_subject():
    cause = _finding("1", "missing")
    follows = _finding("2", "no-backup").model_copy(update={"cause": cause.id})
    many = [_finding(str(at), "no-backup", severity="info") for at in range(10, 70)]
    assert diary.subject(_report(cause, follows, *many)) == "1 missing, 60 no-backup"


def test_what_is_known_is_no_diary_unless_it_changed():
    old = _finding("113", path="/memory", **OLD)
    assert diary.subject(_report(old)) == "no new findings, 1 open finding"
    before = state(_report(old))
    assert changed_findings(before, _report(old)) == frozenset()
    other = old.model_copy(update={"change": FieldChange(path="/memory", desired=1, live=3)})
    changed = changed_findings(before, _report(other))
    assert diary.subject(_report(other), changed) == "113 memory changed again"
    assert diary.body(_report(other), changed) == "changed   pve/guest/113: /memory"
    assert changed_findings(None, _report(other)) == frozenset()


def test_what_is_resolved_or_only_happened_is_in_the_diary_and_what_is_ignored_is_not():
    silenced = _finding("7", "missing", ignored_by="config/ignore.yaml:1")
    event = Event(key=Key("pve", "guest", "121"), name="mail", what="started", path="/power")
    report = _report(silenced, resolved=[_finding("113", path="/memory"), silenced], events=[event])
    assert diary.subject(report) == "113 memory resolved, 121 started"
    assert diary.body(report).splitlines() == [
        "resolved  pve/guest/113: /memory",
        "event     pve/guest/121 mail: started, /power",
    ]
    assert diary.subject(_report()) == "no findings, 2 resources"


def test_the_body_has_a_line_for_each_resource_and_is_bounded():
    found = [_finding("114", path=f"/field{at}", name="db") for at in range(7)]
    line = "new       pve/guest/114 db: /field0, /field1, /field2, /field3, /field4 and 2 more"
    assert diary.body(_report(*found)) == line
    lines = diary.body(_report(*(_finding(str(at), "missing") for at in range(400)))).splitlines()
    assert len(lines) == diary.BODY_LINES + 1
    assert lines[-1] == "… and 350 more"


def test_what_came_back_is_not_called_new_in_the_body():
    report = _report(_finding("114", path="/memory", name="db"))
    back = report.findings[0].model_copy(update={"reopened": report.run.collected_at})
    assert (
        diary.body(report.model_copy(update={"findings": (back,)})) == "reopened  pve/guest/114 db: /memory"
    )


HOSTILE = [
    *samples.HOSTILE.values(),
    *("Drift-Run: x", "x\n\nSigned-off-by: root <r@x>", "closes #12", "@admin", "!7", "o/r#3"),
    *("http://evil.example/", "[skip ci]", "\u2028Drift-Run: x", "x" * 10_000),
]
TEXT = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=80)


@given(TEXT, TEXT, st.sampled_from(["missing", "no-backup"]))
def test_hostile_names_stay_text_on_one_line(identity, name, type_):
    finding = _finding("1", type_, key=f"pve/guest/{identity}", name=name)
    field = _finding("1", path=f"/{name}", key=f"pve/guest/{identity}", name=name)
    event = Event(key=finding.key, name=name, what="moved", path=f"/{name}")
    message = run_message(_report(finding, field, resolved=[field], events=[event]))
    head, rest = message.split("\n\n", 1)
    text, skip, trailers = rest.rsplit("\n\n", 2)
    assert skip == "[skip ci]"
    assert [line.split(":")[0] for line in trailers.splitlines()] == ["Drift-Run", "Collector-Version"]
    assert len(head) <= 2 * diary.SUBJECT_CHARS
    assert [line.split()[0] for line in text.splitlines()] == ["new", "resolved", "event"]
    assert not re.search(r"@\w|#\w|(?<!\w)!\w|://|\[[A-Za-z ]+\]", f"{head}\n{text}")
    assert all(len(line) < 900 for line in message.splitlines())


@pytest.mark.parametrize("text", HOSTILE)
def test_git_finds_only_our_trailers(text):
    finding = _finding("1", "missing", key=f"pve/guest/{text}", name=text)
    message = run_message(_report(finding, resolved=[finding]))
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message.encode(), capture_output=True, check=True
    )
    assert [line.split(b":")[0] for line in done.stdout.splitlines()] == [b"Drift-Run", b"Collector-Version"]
