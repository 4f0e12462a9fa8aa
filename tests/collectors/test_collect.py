"""Several sources at once, told by systems that are made up here."""

import gc
import threading
import time
import weakref
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reconciler.collectors.collect import Expected, begin, collect
from reconciler.config.file import Config
from reconciler.config.settings import FileSettings, SourceSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.deadline import run_deadline
from reconciler.model.key import Key
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.progress import Silent
from reconciler.model.resource import Resource
from reconciler.model.system import System
from reconciler.report.unreadable import source_problem

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)


class Thing(Resource):
    size: int


def kind(name, fetch):
    return Kind(name, f"{name}s", Thing, fetch, lambda identity, raw, context: Thing.model_validate(raw))


def good(api, shared):
    return Listing(rows={"a": {"size": 1}, "b": {"size": 2}})


def odd(api, shared):
    return Listing(rows={"a": {"size": 1}, "b": {"size": "5ecret"}}, unread={"c": Problem("", "asleep")})


def partial(api, shared):
    return Listing(rows={}, problem=Problem("", "no rights"))


def failing(api, shared):
    raise SourceError(Problem("host", "broken", "mend it"))


def system(name, *kinds, connect=None):
    @contextmanager
    def open_(settings, context):
        yield context

    def version(shared):
        return "1.0"

    return System(name, SourceSettings, connect or open_, lambda api: None, version, kinds, lambda *_: ())


def collected(*systems, expected=()):
    sources = tuple(SourceSettings(name=each.name, type=each.name) for each in systems)
    settings = FileSettings.model_validate({"site": "test", "sources": [{}], "interval": "10m"})
    config = Config(Path("/x"), Path("/"), settings, sources)
    named = {each.name: each for each in systems}
    return collect(
        config, named, {}, Silent(), begin(config, NOW, commit="c", tree="t"), Expected(frozenset(expected))
    )


def test_all_is_read():
    snapshot = collected(system("one", kind("thing", good)), system("two", kind("thing", good)))
    assert set(map(str, snapshot.resources)) == {"one/thing/a", "one/thing/b", "two/thing/a", "two/thing/b"}
    assert [(scope.source, scope.listed, scope.count) for scope in snapshot.scopes] == [
        ("one", "complete", 2),
        ("two", "complete", 2),
    ]
    status = snapshot.run.sources["one"]
    assert (status.system, status.status, status.problem, status.version) == ("one", "complete", None, "1.0")
    assert status.last_success == NOW


def test_the_facts_of_a_run():
    run = collected(system("one", kind("thing", good))).run
    assert run.id.startswith("20261123T210500Z-")
    assert (run.stale_after - run.collected_at).total_seconds() == 20 * 60
    assert (run.desired_commit, run.desired_tree, run.site) == ("c", "t", "test")


def test_a_row_that_makes_no_sense_is_unread_and_its_value_is_not_told():
    snapshot = collected(system("one", kind("thing", odd)))
    (scope,) = snapshot.scopes
    assert scope.count == 1
    assert str(scope.unread["c"]) == "asleep"
    assert scope.unread["b"].cause == "unreadable-row"
    assert scope.unread["b"].what.startswith("cannot be parsed: size: must be a whole number")
    assert "5ecret" not in str(scope.unread)
    assert snapshot.run.sources["one"].status == "partial"
    assert snapshot.run.sources["one"].problem == Problem("", "asleep")


def test_a_reason_without_a_model_is_told_as_it_is():
    def confused(identity, raw, context):
        raise ValueError("is odd")

    def read(api, shared):
        return Listing(rows={"a": {}})

    made = Kind("thing", "things", Thing, read, confused)
    assert collected(system("one", made)).scopes[0].unread == {
        "a": Problem("", "cannot be parsed: is odd", cause="unreadable-row")
    }


def test_a_kind_that_fails_leaves_the_others():
    snapshot = collected(system("one", kind("bad", failing), kind("thing", good), kind("half", partial)))
    assert [(scope.kind, scope.listed, scope.problem) for scope in snapshot.scopes] == [
        ("bad", "failed", Problem("host", "broken", "mend it")),
        ("thing", "complete", None),
        ("half", "partial", Problem("", "no rights")),
    ]
    status = snapshot.run.sources["one"]
    assert (status.status, status.last_success) == ("partial", NOW)
    assert status.problem == Problem("host", "broken", "mend it"), "the first one"
    shown = source_problem("one", status, snapshot.scopes)
    assert shown == "bad: host: broken; mend it (also incomplete: half)"


def test_a_source_that_fails_is_data_and_the_others_go_on():
    def closed(settings, context):
        raise SourceError(Problem("host", "is down", "start it"))

    snapshot = collected(
        system("one", kind("thing", good), kind("other", good), connect=closed),
        system("two", kind("thing", good)),
    )
    assert [(scope.source, scope.kind, scope.listed) for scope in snapshot.scopes] == [
        ("one", "thing", "failed"),
        ("one", "other", "failed"),
        ("two", "thing", "complete"),
    ]
    status = snapshot.run.sources["one"]
    assert (status.status, status.problem, status.last_success) == (
        "failed",
        Problem("host", "is down", "start it"),
        None,
    )


def test_a_failure_that_is_kept_as_a_value_keeps_no_resource():
    """It keeps the frames that it went through until the cyclic collector runs, which a run pauses."""

    def fails(api, shared):
        failure = SourceError(Problem("host", "broken"))
        raise failure

    gc.disable()
    try:
        snapshot = collected(system("a", kind("thing", good), kind("other", fails)))
        alive = [weakref.ref(each) for each in snapshot.resources.values()]
        assert len(alive) == 2
        del snapshot
        assert [each() for each in alive] == [None, None]
    finally:
        gc.enable()


def test_sources_are_read_at_the_same_time():
    meeting = threading.Barrier(2, timeout=60)

    def meet(api, shared):
        meeting.wait()
        return good(api, shared)

    snapshot = collected(system("one", kind("thing", meet)), system("two", kind("thing", meet)))
    assert len(snapshot.resources) == 4


def test_each_source_is_told_what_is_expected_of_it():
    told = {}

    def look(api, shared):
        told.update(api.expected)
        return Listing(rows={})

    keys = [Key("one", "thing", "a"), Key("one", "thing", "b"), Key("two", "thing", "c")]
    collected(system("one", kind("thing", look)), expected=keys)
    assert told == {"thing": frozenset({"a", "b"})}


@pytest.mark.parametrize(
    "error", [KeyError("5ecret"), TypeError("5ecret"), RecursionError(), ValueError("odd")]
)
def test_a_list_of_another_shape_fails_alone_and_the_others_stand(error):
    def broken(api, shared):
        raise error

    snapshot = collected(system("one", kind("thing", broken), kind("other", lambda api, shared: Listing({}))))
    first, second = snapshot.scopes
    assert (first.listed, second.listed) == ("failed", "complete")
    assert str(first.problem).startswith("its list cannot be parsed: ")
    assert "5ecret" not in str(first.problem)


def broken_row(value, normalise):
    """The problem of row b, of a kind whose row a can be read."""

    def rows(api, shared):
        return Listing(rows={"a": {"size": 1}, "b": value})

    snapshot = collected(system("one", Kind("thing", "things", Thing, rows, normalise)))
    assert [key.id for key in snapshot.resources] == ["a"]
    (scope,) = snapshot.scopes
    assert scope.unread.keys() == {"b"}
    assert "5ecret" not in str(scope.unread["b"])
    return scope.unread["b"]


@pytest.mark.parametrize("value", [{"size": "5ecret"}, {"size": None}, {"size": {}}, {"size": ["5ecret"]}])
def test_a_row_of_another_shape_is_unread_and_the_others_stand(value):
    problem = broken_row(value, lambda identity, raw, context: Thing(size=raw["size"]))
    assert problem.cause == "unreadable-row"
    assert str(problem).startswith("cannot be parsed: ")


@pytest.mark.parametrize(
    "error", [KeyError("5ecret"), TypeError("5ecret"), RecursionError(), OSError("5ecret")]
)
def test_an_error_that_a_kind_did_not_foresee_costs_its_row_alone(error):
    def normalise(identity, raw, context):
        if identity == "b":
            raise error
        return Thing(size=raw["size"])

    problem = broken_row({"size": 2}, normalise)
    assert (problem.cause, problem.subject) == ("internal", "kind one/thing")
    assert type(error).__name__ in problem.what


def test_a_kind_is_told_the_facts_of_the_kinds_that_it_needs_whatever_their_order():
    def first(api, shared):
        return Listing(rows={"a": {"size": 1}}, facts="what it found")

    def second(api, shared, facts, missing):
        return Listing(rows={facts: {"size": 2}}, notes=(str(missing),))

    def normalise(identity, raw, context):
        return Thing.model_validate(raw)

    needing = Kind("second", "seconds", Thing, second, normalise, needs=("first", "bad"))
    snapshot = collected(system("one", needing, kind("bad", failing), kind("first", first)))
    assert [scope.kind for scope in snapshot.scopes] == ["first", "bad", "second"]
    assert Key("one", "second", "what it found") in snapshot.resources
    assert snapshot.scopes[2].notes == ("None",), "a kind that failed has no facts"


def test_a_row_is_read_with_the_context_of_its_listing():
    def read(api, shared):
        return Listing(rows={"a": {"size": 1}}, context=41)

    def normalise(identity, raw, context):
        return Thing(size=raw["size"] + context)

    snapshot = collected(system("one", Kind("thing", "things", Thing, read, normalise)))
    assert snapshot.resources[Key("one", "thing", "a")] == Thing(size=42)


def test_a_source_that_never_ends_delays_no_other_beyond_the_run():
    ended = threading.Event()

    def hanging(api, shared):
        ended.wait(30)
        return good(api, shared)

    config = Config(
        Path("/x"),
        Path("/"),
        FileSettings.model_validate({"site": "test", "sources": [{}], "interval": "1s"}),
        tuple(SourceSettings(name=name, type=name) for name in ("one", "two")),
    )
    systems = {"one": system("one", kind("thing", hanging)), "two": system("two", kind("thing", good))}
    expected = Expected(deadline=run_deadline(config.settings.interval))
    started = time.monotonic()
    snapshot = collect(config, systems, {}, Silent(), begin(config, NOW), expected)
    ended.set()
    assert time.monotonic() - started < 5
    assert set(map(str, snapshot.resources)) == {"two/thing/a", "two/thing/b"}
    status = snapshot.run.sources["one"]
    assert status.status == "failed"
    assert str(status.problem) == "no time left: a run may take 0.9 s (0.9 of interval); raise interval"
    assert [scope.out_of_time for scope in snapshot.scopes] == [True, None]
