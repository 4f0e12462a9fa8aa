"""A single change of any kind of the proxy manager is one cause, at the field that a person would edit."""

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from tests.collectors.one_cause import Causes, Change, LabSource, without_a_change
from tests.collectors.sources import config, npm, read


def row(path: str, number: int, **fields: object) -> Change:
    def change(lab: Lab) -> None:
        found = next(each for each in lab.npm.lists[path] if each["id"] == number)
        assert found | fields != found
        found |= fields

    return change


CHANGES: dict[str, tuple[Change, Causes]] = {
    "proxy-host": (
        row("proxy-hosts", 2, forward_port=8124),
        [("drifted", "npm/proxy-host/home.lan.example/forward_port")],
    ),
    "redirection-host": (
        row("redirection-hosts", 1, forward_http_code=302),
        [("drifted", "npm/redirection-host/lan.example/forward_http_code")],
    ),
    "dead-host": (
        row("dead-hosts", 1, enabled=False),
        [("drifted", "npm/dead-host/gone.example/enabled")],
    ),
    "stream": (
        row("streams", 1, forwarding_port=2022),
        [("drifted", "npm/stream/2222/tcp/forwarding_port")],
    ),
    "access-list": (
        row("access-lists", 1, satisfy_any=False),
        [("drifted", "npm/access-list/Office/satisfy_any")],
    ),
    "certificate": (
        row("certificates", 2, nice_name="Older"),
        [("changed", "npm/certificate/old.example/nice_name")],
    ),
}
"""Kind → a change, and what must show it."""


@pytest.fixture(scope="module")
def source():
    with Lab(hosts=1) as lab:
        settings = npm(lab)
        yield LabSource(lab, config(settings), lambda expected: read(settings, expected=expected))


@pytest.fixture(scope="module")
def before(source):
    found = source.run()
    assert found.report.summary.drifted is False
    return found


def test_there_is_a_change_of_every_kind():
    assert without_a_change((kind.name for kind in SYSTEMS["npm"].kinds), CHANGES) == []


@pytest.mark.parametrize("kind", CHANGES)
def test_one_change_is_one_cause(source, before, kind):
    change, expected = CHANGES[kind]
    assert source.shown(before, change) == expected


def test_nothing_is_left_of_a_change(source, before):
    assert source.shown(before, lambda _: None) == []
