"""What must hold for every site, whatever is in it."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from reconciler.config.severity import SEVERITIES
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.differences import differences
from reconciler.drift.exit_code import of_comparison
from reconciler.model.snapshot import Snapshot
from tests.drift import house

IDS = st.sampled_from(["1", "2", "3", "10", "x/y", "~"])
NAMES = st.sampled_from(["s0", "a/b", "__n", "k~"])
SOCKET = st.fixed_dictionaries(
    {},
    optional={
        "fuse": st.integers(0, 2),
        "tag": st.integers(1, 2),
        "ports": st.lists(st.sampled_from("ab"), max_size=2),
    },
)
LAMP = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["web", "\u202eevil"]),
        "watts": st.integers(0, 2),
        "lit": st.booleans(),
        "tags": st.lists(st.sampled_from("ab")),
        "sockets": st.dictionaries(NAMES, SOCKET, max_size=3),
        "timer": SOCKET,
        "lock": st.sampled_from([None, "backup"]),
        "seen": st.lists(st.sampled_from("ab"), max_size=1),
    },
)
DECLARED = st.one_of(
    st.just({"absent": True}),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.just("web"),
            "watts": st.integers(0, 2),
            "tags": st.lists(st.sampled_from("ab"), unique=True).map(sorted),
            "sockets": st.dictionaries(NAMES, st.none() | SOCKET, max_size=3),
            "timer": st.none() | SOCKET,
        },
    ),
)
SCOPE = st.fixed_dictionaries(
    {"listed": st.sampled_from(["complete", "complete", "partial", "failed"])},
    optional={"unread": st.dictionaries(IDS, st.just("dark"), max_size=2)},
)


def _full(identity: str) -> str:
    return f"hall/lamp/{identity}"


@st.composite
def runs(draw, scope=SCOPE):
    """One run: its live rows, its scopes; nothing is both read and unread."""
    given = draw(scope)
    live = draw(st.dictionaries(IDS, LAMP, max_size=5))
    rows = {_full(at): row for at, row in live.items() if at not in given.get("unread", {})}
    return rows, {"hall/lamp": given}


STATES = st.dictionaries(IDS.map(_full), DECLARED, max_size=5)
OPTED_IN = st.sampled_from([set(), {("hall", "lamp")}])


@given(st.lists(runs(), min_size=1, max_size=4), STATES, OPTED_IN)
def test_every_key_has_one_verdict_and_counts_add_up(history, declared, opted_in):
    state = house.desired(declared, opted_in)
    previous = None
    for number, (live, scopes) in enumerate(history):
        previous = house.judge(house.snapshot(live, scopes, number), state, previous)
        report, summary = previous.report, previous.report.summary
        judged = set(map(str, state.resources)) | (
            set(map(str, previous.inventory.config)) if state.opted_in else set()
        )
        assert set(report.verdicts) == judged
        assert summary.resources == sum(summary.verdicts.values()) + summary.inventory
        assert summary.verdicts == dict.fromkeys(summary.verdicts, 0) | Counter(report.verdicts.values())
        assert sum(summary.findings.values()) == len(report.findings)
        assert len({finding.id for finding in report.findings}) == len(report.findings)
        for finding in report.findings:
            assert report.verdicts[str(finding.key)] == finding.type
            assert finding.first_seen <= report.run.collected_at
        assert {str(finding.key) for finding in report.findings} == {
            name for name, verdict in report.verdicts.items() if verdict != "in_sync"
        }
        ranks = [SEVERITIES.index(finding.severity) for finding in report.findings]
        assert ranks == sorted(ranks, reverse=True)


@given(st.dictionaries(IDS, LAMP, max_size=5))
def test_a_snapshot_against_all_of_itself_has_no_finding(live):
    snapshot = house.snapshot({_full(at): row for at, row in live.items()})
    inventory = carry_forward(snapshot, None, house.KINDS)
    state = house.desired({str(key): row for key, row in inventory.config.items()}, {("hall", "lamp")})
    report = house.judge(snapshot, state).report
    assert report.findings == ()
    assert of_comparison(report, "warning") == 0
    assert set(report.verdicts.values()) <= {"in_sync"}


@given(DECLARED, LAMP, LAMP)
def test_an_undeclared_field_never_matters(declared, live, other):
    fields = {name: value for name, value in declared.items() if name != "absent"}
    changed = live | {name: value for name, value in other.items() if name not in fields}
    one, two = (
        carry_forward(house.snapshot({"1": row}), None, house.KINDS).config[house.key("1")]
        for row in (live, changed)
    )
    assert list(differences(fields, one, house.Lamp)) == list(differences(fields, two, house.Lamp))


@given(runs(st.just({"listed": "complete"})), runs(SCOPE), STATES)
def test_a_list_that_proves_nothing_never_yields_missing(before, after, declared):
    state = house.desired(declared)
    first = house.judge(house.snapshot(*before), state)
    live, scopes = after
    second = house.judge(house.snapshot(live, scopes, 1), state, first)
    scope = second.report.scopes[0]
    missing = {house.key(at).id for at, verdict in second.report.verdicts.items() if verdict == "missing"}
    assert not missing & scope.unread.keys()
    if scope.listed != "complete":
        assert not missing


@given(LAMP, LAMP, DECLARED)
def test_ids_of_findings_do_not_depend_on_values(one, two, declared):
    def ids(live):
        report = house.judge(house.snapshot({"1": live}), house.desired({"1": declared})).report
        return {finding.change.path: finding.id for finding in report.findings if finding.change}

    first, second = ids(one), ids(two)
    assert all(first[path] == second[path] for path in first.keys() & second.keys())


@given(runs(), runs(), STATES, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(before, after, declared, dice):
    def shuffled(mapping):
        items = list(mapping.items())
        dice.shuffle(items)
        return dict(items)

    def report(mixed):
        state = house.desired(declared)
        if mixed:
            state = replace(state, resources=shuffled(state.resources))
        previous = None
        reports = []
        for number, (live, scopes) in enumerate((before, after)):
            snapshot = house.snapshot(live, scopes, number)
            if mixed:
                rows = shuffled(snapshot.resources)
                snapshot = Snapshot(snapshot.run, snapshot.scopes, rows)
            previous = house.judge(snapshot, state, previous)
            reports.append(previous.report)
        return reports

    assert report(mixed=True) == report(mixed=False)


@given(LAMP, DECLARED)
def test_a_difference_goes_away_when_the_declared_value_is_taken_from_live(live, declared):
    fields = {name: value for name, value in declared.items() if name != "absent"}
    row = carry_forward(house.snapshot({"1": live}), None, house.KINDS).config[house.key("1")]
    for change in differences(fields, row, house.Lamp):
        assert change.desired != change.live
        fields = _with(fields, change.path, change.live)
    assert list(differences(fields, row, house.Lamp)) == []


def _with(value, path, new):
    name, _, rest = path[1:].partition("/")
    name = name.replace("~1", "/").replace("~0", "~")
    return value | {name: _with(value[name], f"/{rest}", new) if rest else new}
