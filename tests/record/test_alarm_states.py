"""What sinks were sent, in the pulse: carried by every run, kept whichever run the pulse is of now."""

import threading

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.errors import RecordError
from reconciler.record import alarm_states
from tests.record.parts import LOCAL, MARKDOWN, PUSHED, at, git, recorded

FIRST, SECOND = 1, 2


def state(number):
    return {"number": number, "more": "x"}


def write(repo, settings, hours=0.0, previous=None):
    return record.write(repo, settings, recorded(at(hours)), previous, MARKDOWN)


def keep(repo, settings, names=("chat", "mail"), **states):
    record.keep_alarm_states(repo, settings, states, names)


def other_files(root, ref="drift-pulse"):
    listed = git(root, "ls-tree", "-r", ref).splitlines()
    return [line for line in listed if not line.endswith("\talarms.json")]


@pytest.fixture
def other(bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    return record.open_repository(tmp_path / "other")


def test_states_are_kept_beside_the_files_of_the_run_and_carried_by_the_next(root, repo):
    write(repo, LOCAL)
    assert record.read_alarm_states(repo, LOCAL) == {}
    before = other_files(root)
    keep(repo, LOCAL, chat=state(FIRST))
    assert record.read_alarm_states(repo, LOCAL) == {"chat": state(FIRST)}
    assert other_files(root) == before
    assert git(root, "rev-list", "--count", "drift-pulse") == "1"
    previous = record.read(repo, LOCAL)
    assert previous is not None
    write(repo, LOCAL, 1, previous)
    assert record.read_alarm_states(repo, LOCAL) == {"chat": state(FIRST)}


def test_a_run_is_read_back_the_same_after_states_were_kept(repo):
    write(repo, LOCAL)
    before = record.read(repo, LOCAL)
    keep(repo, LOCAL, chat=state(FIRST))
    assert record.read(repo, LOCAL) == before
    assert record.without_pulse(repo, LOCAL) is None


def test_without_alarms_a_pulse_has_no_such_file(root, repo):
    write(repo, LOCAL)
    assert "alarms.json" not in git(root, "ls-tree", "-r", "--name-only", "drift-pulse")


def test_the_later_state_of_a_sink_stays_and_names_that_are_gone_go(repo):
    write(repo, LOCAL)
    keep(repo, LOCAL, chat=state(SECOND), mail=state(FIRST), names=("chat", "mail"))
    keep(repo, LOCAL, chat=state(FIRST), names=("chat",))
    assert record.read_alarm_states(repo, LOCAL) == {"chat": state(SECOND)}


def test_a_pulse_that_a_later_run_made_keeps_its_files(bare, root, repo, other):
    write(repo, PUSHED)
    keep(repo, PUSHED, chat=state(FIRST))
    previous = record.read(other, PUSHED)
    write(other, PUSHED, 1, previous)
    theirs = other_files(bare)
    keep(repo, PUSHED, mail=state(SECOND))  # this clone knows nothing of that run yet
    assert other_files(bare) == theirs
    assert record.read_alarm_states(other, PUSHED, fetch=True) == {
        "chat": state(FIRST),
        "mail": state(SECOND),
    }


def test_two_that_keep_at_once_lose_nothing(bare, root, repo, other):
    write(repo, PUSHED)
    record.read(other, PUSHED)
    both = threading.Barrier(2)

    def one(repository, name):
        both.wait(10)
        keep(repository, PUSHED, **{name: state(SECOND)})

    threads = [threading.Thread(target=one, args=each) for each in ((repo, "chat"), (other, "mail"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(record.read_alarm_states(repo, PUSHED, fetch=True)) == {"chat", "mail"}


def test_while_the_remote_is_away_the_state_waits_in_this_clone_and_goes_with_the_next_run(
    bare, root, repo, tmp_path
):
    write(repo, PUSHED)
    bare.rename(tmp_path / "away.git")
    previous = record.read(repo, PUSHED, fetch=False)
    write(repo, PUSHED, 1, previous)
    keep(repo, PUSHED, chat=state(SECOND))
    assert record.read_alarm_states(repo, PUSHED) == {"chat": state(SECOND)}
    (tmp_path / "away.git").rename(bare)
    write(repo, PUSHED, 2, record.read(repo, PUSHED))
    assert "alarms.json" in git(bare, "ls-tree", "-r", "--name-only", "drift-pulse")
    assert record.read_alarm_states(repo, PUSHED, fetch=True) == {"chat": state(SECOND)}


def test_without_a_pulse_there_is_nowhere_to_keep_it(repo):
    with pytest.raises(RecordError, match="there is no pulse yet"):
        keep(repo, LOCAL, chat=state(FIRST))
    nowhere = HistorySettings(pulse=None)
    write(repo, nowhere)
    assert record.read_alarm_states(repo, nowhere) == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b'{"sinks": {}}',
        b'{"schema_version": "9.0", "sinks": {"chat": {"number": 1}}}',
        b'{"schema_version": "1.0", "sinks": []}',
        b'{"schema_version": "1.0", "sinks": {"chat": 7}}',
        b'{"schema_version": "1.0", "sinks": {"chat": {"number": "7"}}}',
        b'{"schema_version": "1.0", "sinks": {"chat": {"number": true}}}',
        b'{"schema_version": "1.0", "sinks": {"chat": {"number": 9007199254740992}}}',
    ],
)
def test_damaged_content_counts_as_none(content):
    assert alarm_states.parse(content) == {}
    good = alarm_states.document({"chat": state(FIRST)})
    assert alarm_states.merged(alarm_states.parse(content), alarm_states.parse(good)) == {
        "chat": state(FIRST)
    }


def test_a_damaged_file_in_the_pulse_is_replaced(root, repo):
    write(repo, LOCAL)
    blob = git(root, "hash-object", "-w", "--stdin", stdin="nonsense")
    tree = git(
        root, "mktree", stdin=f"{git(root, 'ls-tree', 'drift-pulse')}\n100644 blob {blob}\talarms.json\n"
    )
    git(root, "update-ref", "refs/heads/drift-pulse", git(root, "commit-tree", tree, "-m", "damaged"))
    assert record.read_alarm_states(repo, LOCAL) == {}
    keep(repo, LOCAL, chat=state(FIRST))
    assert record.read_alarm_states(repo, LOCAL) == {"chat": state(FIRST)}
