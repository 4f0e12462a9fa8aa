"""The feed: valid Atom for any text, as a feed reader sees it; its bytes stay until something changes."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from reconciler.errors import Problem
from reconciler.model.findings import Event
from reconciler.model.key import Key
from reconciler.model.past import Past
from reconciler.model.run_changes import RunChanges
from reconciler.model.snapshot import SourceStatus
from reconciler.publish.documents.feed import MOST_ENTRIES, MOST_LINES, feed, html_of, title_of
from reconciler.record.run_changes import MOST, changes_of
from reconciler.text import visible
from tests.publish import site
from tests.record.parts import at, recorded

SCHEMA = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
ADDRESS = "http://drift.lan:8080/v1/feed"
WEB = Key("pve", "guest", "101")


def drifted(identity: str, hour: float, **more):
    key = Key("pve", "guest", identity)
    return site.finding(key, "drifted", f"/memory/{identity}", **more).model_copy(
        update={"first_seen": at(hour)}
    )


def changes(
    hour: float, findings=(), *, resolved=(), events=(), changed=(), before=None, sources=None
) -> RunChanges:
    report = recorded(at(hour), findings=findings).report
    run = report.run.model_copy(update={"sources": sources or report.run.sources})
    more = {"run": run, "resolved": tuple(resolved), "events": tuple(events)}
    return changes_of(report.model_copy(update=more), changed, before)


def read(*past: RunChanges):
    """The feed of these runs, the newest first, as a reader on the network sees it."""
    data = feed(site.shown(site.recorded(past=Past(changes=past))))
    SCHEMA.assertValid(etree.fromstring(data))
    headers = {"content-location": ADDRESS, "content-type": "application/atom+xml"}
    found = feedparser.parse(data, response_headers=headers, sanitize_html=False)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    return found


def lines(html: str) -> list[str]:
    """The text of each item; anything but paragraphs and lists is an error."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag in {"p", "ul", "li"}
            assert not attrs
            found.append("")

        def handle_data(self, data):
            found[-1] += data

    Reader().feed(html)
    return [text for text in found if text]


def test_it_has_an_entry_per_run_in_which_a_finding_or_a_source_changed():
    event = Event(key=WEB, what="started", path="")
    failed = SourceStatus(system="npm", status="failed", problem=Problem("npm.lan", "login refused (401)"))
    up = {"npm": SourceStatus(system="npm", status="complete")}
    found = read(
        changes(5, events=[event]),
        changes(4, before={"npm": failed}, sources=up),
        changes(3, before=up, sources={"npm": failed}),
        changes(2, resolved=[drifted("101", 1)]),
        changes(1, [drifted("101", 1)]),
        changes(0),
    )
    assert [entry.title for entry in found.entries] == [
        "npm is read completely again, no findings, 2 resources",
        "npm cannot be read, no findings, 2 resources",
        "101 memory.101 resolved",
        "101 memory.101 changed",
    ]
    assert "npm cannot be read: npm.lan: login refused (401)" in lines(found.entries[1].content[0].value)


def test_links_lead_from_the_address_that_it_was_read_from():
    run = changes(1, [drifted("101", 1)])
    found = read(run)
    links = {link.href for link in (*found.feed.links, *found.entries[0].links)}
    base = ADDRESS.removesuffix("/v1/feed")
    assert links == {
        ADDRESS,
        f"{base}/",
        f"{base}/v1/health",
        f"{base}/history#run={run.id}",
        f"{base}/v1/history/{run.id}",
    }


def test_ids_stay_and_the_bytes_too_until_something_changes():
    runs = [changes(hour, [drifted("101", hour)]) for hour in (3, 2, 1)]
    one = site.recorded(past=Past(changes=tuple(runs[1:])))
    later = site.recorded("20261124T090000Z-000000", at(30), past=Past(changes=tuple(runs[1:])))
    assert feed(site.shown(one)) == feed(site.shown(later))
    before, after = read(*runs[1:]), read(*runs)
    assert [entry.id for entry in after.entries[1:]] == [entry.id for entry in before.entries]
    assert len({found.id for found in (after.feed, *after.entries)}) == 4
    assert after.feed.id == before.feed.id
    assert after.feed.updated == after.entries[0].updated == "2026-11-23T15:00:00Z"


def test_another_history_has_other_ids():
    one = site.recorded(past=Past(changes=(changes(1, [drifted("101", 1)]),)))
    assert one.position is not None
    other = replace(one, position=replace(one.position, lineage="f" * 12))
    ids = [re.findall(rb"<id>(.*?)</id>", feed(site.shown(each))) for each in (one, other)]
    assert not set(ids[0]) & set(ids[1])


def test_it_is_bounded():
    many = [drifted(str(number), 1) for number in range(500)]
    run = changes(1, many)
    assert (run.new.count, len(run.new.findings)) == (500, MOST)
    found = read(*[run.model_copy(update={"id": f"20261123T130000Z-{number:06x}"}) for number in range(80)])
    assert len(found.entries) == MOST_ENTRIES
    shown = lines(found.entries[0].content[0].value)
    assert len(shown) == MOST_LINES + 2
    assert shown[-1] == f"and {MOST + 1 - MOST_LINES} more"


def test_what_follows_from_a_cause_is_a_number_behind_it():
    cause = drifted("101", 1)
    after = [drifted(str(number), 1, cause=cause.id) for number in range(102, 105)]
    _, line = lines(html_of(changes(1, [cause, *after])))
    assert line == "new: pve/guest/101: drifted (3 findings more from this cause)"


def test_resources_that_could_not_be_verified_are_one_line():
    findings = [
        site.finding(Key("npm", "proxy-host", name), "unverified").model_copy(update={"first_seen": at(1)})
        for name in "abc"
    ]
    run = changes(1, findings)
    assert (run.new.count, run.unverified.count) == (0, 3)
    assert lines(html_of(run))[1:] == ["unverified: 3 resources of npm/proxy-host"]


def test_an_empty_feed_is_valid():
    found = read()
    assert found.entries == []
    assert found.feed.updated == "2026-11-23T21:05:00Z"


HOSTILE = "<img src=x onerror=alert(1)>&lt;b>]]>\x00\x0b\x1b[31m\u202e\ufffe\uffff&#0;\U000e0041"


@settings(max_examples=40, deadline=None)
@given(text=st.one_of(st.just(HOSTILE), st.text(min_size=1, max_size=40)))
def test_any_text_is_text(text: str) -> None:
    who = [{"at": at(1), "account": text, "what": text}]
    one = drifted("101", 1, title=text, name=text, who=who)
    run = changes(1, [one.model_copy(update={"key": Key("pve", "guest", text)})])
    run = run.model_copy(update={"headline": text})
    assert any(visible(text, 300) in line for line in lines(html_of(run)))
    found = read(run)
    (entry,) = found.entries
    assert lines(entry.content[0].value)
    assert visible(title_of(run), 400) == title_of(run)


@pytest.mark.parametrize("name", ["", " ", "\x00", HOSTILE])
def test_a_site_of_any_name_has_one(name):
    one = site.recorded()
    run = one.report.run.model_copy(update={"site": name})
    data = feed(site.shown(replace(one, report=one.report.model_copy(update={"run": run}))))
    SCHEMA.assertValid(etree.fromstring(data))
