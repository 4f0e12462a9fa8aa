"""Each kind of change of a resource, from real commits."""

import pytest

from reconciler.errors import RecordError, UsageError
from reconciler.jobs.history import changes
from reconciler.jobs.runs import runs
from reconciler.model.act import Act
from reconciler.model.findings import Event, FieldChange, Finding, finding_id
from reconciler.model.key import Key
from reconciler.model.progress import Silent
from tests.jobs.past import Past, guest
from tests.record.parts import at, commit_all, drifted, missing

WEB = "pve/guest/101"
SECRET = "0123456789abcdef"
QUIET = Silent()


@pytest.fixture
def past(tmp_path) -> Past:
    return Past(tmp_path / "site")


def lines(past, key=WEB, limit=0):
    """What each change is, newest first."""
    return [
        (each.what, each.path, each.old, each.new) for each in changes(past.config, key, limit, QUIET).changes
    ]


def test_a_resource_is_first_recorded_created_changed_and_deleted(past):
    past.run({WEB: guest()})
    past.run({WEB: guest(), "pve/guest/102": guest("db")})
    past.run({WEB: guest(memory=1024), "pve/guest/102": guest("db")})
    past.run({"pve/guest/102": guest("db")})
    assert lines(past) == [
        ("deleted", "", None, None),
        ("changed", "/memory", 512, 1024),
        ("first-recorded", "", None, None),
    ]
    assert lines(past, "pve/guest/102") == [("created", "", None, None)]


@pytest.mark.parametrize("text", ["pve/guest/101", "PVE/Guest/101", "101", "web1", "WEB1"])
def test_a_resource_is_found_by_key_id_and_name(past, text):
    past.run({WEB: guest(), "pve/guest/102": guest("db")})
    assert changes(past.config, text, 0, QUIET).key == Key.parse(WEB)


@pytest.mark.parametrize("mac", ["bc:24:11:00:00:01", "bc-24-11-00-00-01", "bc24.1100.0001", "bc2411000001"])
def test_the_notation_of_an_id_does_not_matter(past, mac):
    past.run({"unifi/reservation/BC:24:11:00:00:01": {"use_fixedip": True, "fixed_ip": "10.0.0.5"}})
    assert changes(past.config, f"unifi/reservation/{mac}", 0, QUIET).key.id == "BC:24:11:00:00:01"


@pytest.mark.parametrize(
    ("text", "near"),
    [("pve/guest/10", "pve/guest/101"), ("pve/gest/101", "pve/guest/101"), ("nonsense", "SOURCE/KIND/ID")],
)
def test_a_resource_that_was_never_recorded_is_an_error_with_the_nearest(past, text, near):
    past.run({WEB: guest()})
    with pytest.raises(RecordError, match=f"was never recorded; .*{near}"):
        changes(past.config, text, 0, QUIET)


def test_a_name_that_several_have_is_an_error_with_their_keys(past):
    past.run({WEB: guest(), "pve2/guest/101": guest()})
    with pytest.raises(UsageError, match="pve/guest/101 and pve2/guest/101"):
        changes(past.config, "web1", 0, QUIET)


def test_two_sources_have_histories_of_their_own(past):
    past.run({WEB: guest(), "pve2/guest/101": guest("other")})
    past.run({WEB: guest(memory=1), "pve2/guest/101": guest("other")})
    assert len(lines(past)) == 2
    assert lines(past, "pve2/guest/101") == [("first-recorded", "", None, None)]


def test_a_changed_secret_is_never_shown(past):
    one, other = f"{SECRET[:8]}:{'a' * 32}", f"{SECRET[:8]}:{'b' * 32}"
    past.run({WEB: guest(cloud_init_password=one)})
    past.run({WEB: guest(cloud_init_password=other)})
    past.run({WEB: guest(cloud_init_password="none")})
    secret = ("secret-changed", "/cloud_init_password", None, None)
    assert lines(past) == [secret, secret, ("first-recorded", "", None, None)]
    assert one not in changes(past.config, WEB, 0, QUIET).model_dump_json()


def test_a_fingerprint_of_a_kind_that_is_gone_is_not_shown_either(past):
    one, other = f"{SECRET[:8]}:{'a' * 32}", f"{SECRET[:8]}:{'b' * 32}"
    past.run({"old/thing/x": {"psk": one, "size": 1}, WEB: guest()})
    past.run({"old/thing/x": {"psk": other, "size": 2}, WEB: guest()})
    assert lines(past, "old/thing/x") == [
        ("secret-changed", "/psk", None, None),
        ("changed", "/size", 1, 2),
        ("first-recorded", "", None, None),
    ]


def test_a_kind_that_left_the_configuration_is_not_deleted(past):
    past.run({WEB: guest(), "npm/stream/443/tcp": {"incoming_port": "443"}})
    past.run({WEB: guest()})
    assert lines(past, "npm/stream/443/tcp")[0][0] == "not-configured"


def test_words_of_the_kind_are_used(past):
    past.run({WEB: guest()})
    past.run({WEB: guest(power="stopped", node="n2")})
    assert {what for what, *_ in lines(past)} == {"stopped", "moved", "first-recorded"}


def network(name, vlan=5):
    return {"name": name, "vlan": vlan, "purpose": "corporate"}


def test_a_resource_under_another_id_keeps_its_history(past):
    past.run({"unifi/network/IoT": network("IoT", 4)})
    past.run({"unifi/network/IoT": network("Things")})
    past.run({"unifi/network/Things": network("Things")})
    past.run({"unifi/network/Things": network("Things", 6)})
    assert lines(past, "unifi/network/Things") == [
        ("changed", "/vlan", 5, 6),
        ("renamed", "", "IoT", "Things"),
        ("changed", "/name", "IoT", "Things"),
        ("changed", "/vlan", 4, 5),
        ("first-recorded", "", None, None),
    ]
    assert lines(past, "unifi/network/IoT")[0] == ("renamed", "", "IoT", "Things")


def test_a_new_resource_is_not_taken_for_a_renamed_one(past):
    past.run({WEB: guest("a")})
    past.run({"pve/guest/102": guest("a")})
    assert lines(past, "pve/guest/102") == [("created", "", None, None)]


def test_a_change_names_the_finding_that_it_opens_and_closes(past):
    past.run({WEB: guest()})
    past.run({WEB: guest(memory=1024)}, findings=(drifted(Key.parse(WEB), 512, 1024),))
    past.run({WEB: guest()})
    found = changes(past.config, WEB, 0, QUIET).changes
    assert [(each.what, each.effect) for each in found] == [
        ("changed", "closes drift"),
        ("changed", "opens drift"),
        ("first-recorded", None),
    ]
    assert found[1].finding == finding_id(Key.parse(WEB), "/memory")


def test_a_resource_that_is_deleted_opens_drift(past):
    past.run({WEB: guest(), "pve/guest/9": guest()})
    past.run({"pve/guest/9": guest()}, findings=(missing(Key.parse(WEB)),))
    first = changes(past.config, WEB, 0, QUIET).changes[0]
    assert (first.what, first.effect) == ("deleted", "opens drift")


def test_a_finding_without_a_change_of_the_resource_has_a_line_with_the_desired_commit(past):
    subject = "Merge pull request 'more' (#41) from ann/more"
    past.git("commit", "--quiet", "--allow-empty", "--message", subject)
    commit = past.git("rev-parse", "HEAD")
    past.run({WEB: guest()})
    past.run({WEB: guest()}, findings=(drifted(Key.parse(WEB), 4096, 512),), desired_commit=commit)
    past.run({WEB: guest()}, findings=(drifted(Key.parse(WEB), 2048, 512),), desired_commit="d" * 40)
    last, first, _ = changes(past.config, WEB, 0, QUIET).changes
    assert (first.what, first.path, first.old, first.new) == ("finding-opened", "/memory", 4096, 512)
    assert (first.desired_commit, first.desired_author) == (commit, "Op")
    assert first.desired_subject == subject
    assert (last.what, last.old, last.desired_commit, last.desired_subject) == (
        "finding-changed",
        2048,
        "d" * 40,
        None,
    )


def test_who_is_that_of_the_event_or_the_finding_at_the_field(past):
    act = Act(at=at(1), account="root@pam", what="vzset", reference="UPID:n1:1")
    event = Event(key=Key.parse(WEB), what="changed", path="/memory", old=512, new=1024, who=(act,))
    past.run({WEB: guest()})
    past.run({WEB: guest(memory=1024, cores=2)}, events=(event,))
    finding = drifted(Key.parse(WEB), 512, 2048).model_copy(update={"who": (act,)})
    past.run({WEB: guest(memory=2048, cores=2)}, findings=(finding,))
    found = {(each.path, each.new): each.who for each in changes(past.config, WEB, 0, QUIET).changes}
    assert found["/memory", 1024] == found["/memory", 2048] == (act,)
    assert found["/cores", 2] == ()


def test_a_secret_in_a_finding_is_not_shown(past):
    mark = f"{SECRET[:8]}:{'a' * 32}"
    key = Key.parse(WEB)
    finding = Finding(
        id=finding_id(key, "/cloud_init_password"),
        type="drifted",
        key=key,
        title=f"cloud_init_password is {mark}",
        severity="warning",
        change=FieldChange(path="/cloud_init_password", desired="none", live=mark),
        first_seen=at(0),
    )
    past.run({WEB: guest()})
    past.run({WEB: guest()}, findings=(finding,))
    assert mark not in changes(past.config, WEB, 0, QUIET).model_dump_json()


def test_fields_that_a_new_version_reads_are_no_changes_of_the_site(past):
    past.run({WEB: guest()}, version="0.1.0")
    past.run({WEB: guest(cores=2)}, version="0.2.0")
    past.run({WEB: guest(cores=2, onboot=True)}, version="0.2.0")
    assert [line[:2] for line in lines(past)] == [
        ("changed", "/onboot"),
        ("first-read", "/cores"),
        ("first-recorded", ""),
    ]


def test_the_number_of_changes_is_bounded_and_counted(past):
    for memory in range(5):
        past.run({WEB: guest(memory=memory + 16)})
    answer = changes(past.config, WEB, 2, QUIET)
    assert (len(answer.changes), answer.total) == (2, 5)
    assert answer.changes[0].new == 20


def test_an_edit_by_hand_shows_its_author(past):
    past.run({WEB: guest()})
    past.git("checkout", "--quiet", "drift-state")
    path = past.root / "reports/latest/live/pve/guest.json"
    path.write_text(path.read_text().replace("512", "99"))
    commit_all(past.root, "by hand")
    past.git("checkout", "--quiet", "main")
    first = changes(past.config, WEB, 0, QUIET).changes[0]
    assert (first.what, first.new, first.by_hand, first.run) == ("changed", 99, "Op", None)


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        '{"101": 5}',
        '{"101": {"nics": 5, "power": []}}',
        '{"101": {"memory": "\\ud800"}}',
        "{}",
        "",
    ],
)
def test_what_somebody_wrote_into_the_record_is_survived(past, text):
    past.run({WEB: guest()})
    past.git("checkout", "--quiet", "drift-state")
    (past.root / "reports/latest/live/pve/guest.json").write_text(text)
    commit_all(past.root, "by hand")
    past.git("checkout", "--quiet", "main")
    past.run({WEB: guest(memory=1024)})
    found = changes(past.config, WEB, 0, QUIET)
    assert found.changes[-1].what == "first-recorded"
    assert found.model_dump_json()


def test_a_damaged_version_is_counted_and_its_change_shown_with_the_next(past):
    for memory in (1024, 2048, 4096):
        past.run({WEB: guest(memory=memory)})
    blob = past.git("rev-parse", "drift-state~1:reports/latest/live/pve/guest.json")
    path = past.root / ".git/objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.write_bytes(b"torn")
    found = changes(past.config, WEB, 0, QUIET)
    assert [(each.what, each.old, each.new) for each in found.changes] == [
        ("changed", 1024, 4096),
        ("first-recorded", None, None),
    ]
    assert "1 version could not be read" in str(found.problems[0])


def test_hostile_ids_are_keys_like_any_other(past):
    key = 'unifi/network/a"b/<c>\\ \u202e'
    past.run({key: {"name": "x", "vlan": 1}, WEB: guest()})
    past.run({key: {"name": "x", "vlan": 2}, WEB: guest()})
    assert lines(past, key)[0] == ("changed", "/vlan", 1, 2)


def test_runs_are_listed_with_verdict_and_counts(past):
    key = Key.parse(WEB)
    first = past.run({WEB: guest()})
    finding = drifted(key, 512, 1024).model_copy(update={"first_seen": at(2)})
    second = past.run({WEB: guest(memory=1024)}, findings=(finding,))
    third = past.run({WEB: guest()}, resolved=(finding,))
    unchanged = past.run({WEB: guest()}, resolved=())
    tomorrow = past.run({WEB: guest()}, hour=past.hour + 24)
    last = past.run({WEB: guest()})
    answer = runs(past.config, 0, QUIET)
    assert [(each.id, each.reason, each.verdict) for each in answer.runs] == [
        (last, "unchanged", "in_sync"),
        (tomorrow, "heartbeat", "in_sync"),
        (unchanged, "unchanged", "in_sync"),
        (third, "changed", "in_sync"),
        (second, "changed", "drifted"),
        (first, "changed", "in_sync"),
    ]
    by_id = {each.id: each for each in answer.runs}
    assert (by_id[second].opened, by_id[second].resolved, by_id[second].findings) == (1, 0, {"warning": 1})
    assert (by_id[third].opened, by_id[third].resolved) == (0, 1)
    assert by_id[tomorrow].opened is None
    assert answer.total == 6
    assert [each.id for each in runs(past.config, 3, QUIET).runs] == [last, tomorrow, unchanged]


def test_a_finding_that_came_back_is_counted_like_a_new_one(past):
    finding = drifted(Key.parse(WEB), 512, 1024)
    past.run({WEB: guest()})
    past.run({WEB: guest(memory=1024)}, findings=(finding.model_copy(update={"reopened": at(2)}),))
    assert runs(past.config, 1, QUIET).runs[0].opened == 1


def test_a_shallow_clone_does_not_take_older_changes_for_none(past, tmp_path):
    finding = drifted(Key.parse(WEB), 512, 1024).model_copy(update={"first_seen": at(2)})
    past.run({WEB: guest()})
    past.run({WEB: guest(memory=1024)}, findings=(finding,))
    past.run({WEB: guest(memory=1024, name="web2")}, findings=(finding,))
    past.run({WEB: guest(memory=1024, name="web2")}, findings=(finding,))
    clone = tmp_path / "shallow"
    past.git("clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{past.root}", str(clone))
    past.root = clone
    past.file = clone / "config/reconciler.yaml"
    past.file.write_text(past.file.read_text().replace("push: null", "push: origin"))
    reasons = [each.reason for each in runs(past.config, 0, QUIET).runs]
    assert reasons == ["unchanged", "changed", "not-here", "not-here"]
    assert [what for what, *_ in lines(past)] == ["first-recorded"]


def test_the_list_of_runs_is_bounded(past):
    for memory in range(5):
        past.run({WEB: guest(memory=memory + 16)})
    answer = runs(past.config, 2, QUIET)
    assert (len(answer.runs), answer.total) == (2, 5)
    assert [each.at for each in answer.runs] == [at(5), at(4)]


def test_a_report_that_cannot_be_read_costs_only_its_counts(past):
    run = past.run({WEB: guest()})
    past.git("checkout", "--quiet", "drift-state")
    (past.root / "reports/latest/drift.json").write_text("{broken")
    commit_all(past.root, f"state\n\nDrift-Run: {run}")
    past.git("checkout", "--quiet", "main")
    found = runs(past.config, 0, QUIET).runs
    assert [each.id for each in found] == [run, run]
    assert found[1].verdict == "in_sync"


def test_nothing_is_recorded_yet(past):
    with pytest.raises(RecordError, match="nothing is recorded on drift-state yet; run `reconciler run`"):
        changes(past.config, WEB, 0, QUIET)
