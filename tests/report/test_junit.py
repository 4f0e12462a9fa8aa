import time
from xml.etree import ElementTree as ET

import pytest

from reconciler.report import junit
from tests.drift import house
from tests.report import samples

ALL = [samples.believable, samples.hostile, samples.ignored, samples.quiet, samples.unconfigured]
ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors", "disabled"},
    "testsuite": {
        *(
            "name",
            "tests",
            "failures",
            "errors",
            "time",
            "disabled",
            "skipped",
            "timestamp",
            "hostname",
            "id",
        ),
        "package",
    },
    "testcase": {"name", "assertions", "time", "classname", "status"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"message"},
    "system-out": set(),
}
"""Element → the attributes that it may have, by the schema that Jenkins publishes (junit-10.xsd)."""
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "testcase": ["skipped", "error", "failure", "system-out", "system-err"],
}
"""Element → its children, in the order of that schema."""


def _check(element):
    assert set(element.attrib) <= ATTRIBUTES[element.tag]
    assert element.tag not in {"testsuite", "testcase"} or element.get("name")
    order = [CHILDREN.get(element.tag, []).index(child.tag) for child in element]
    assert order == sorted(order)
    for child in element:
        _check(child)


@pytest.mark.parametrize("sample", [*ALL, samples.large])
def test_it_has_the_form_that_servers_read_and_counts_that_add_up(sample):
    data = junit.render(sample())
    assert data.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n")
    root = ET.fromstring(data)
    _check(root)
    for suite in root:
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        for tag, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{tag}"))
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    assert int(root.get("failures", "")) == len(root.findall("testsuite/testcase/failure"))


def test_each_outcome_has_its_element():
    root = ET.fromstring(junit.render(samples.believable()))
    outcomes = {
        case.get("name", "").split(" ")[0]: [child.tag for child in case] for case in root.iter("testcase")
    }
    assert outcomes == {
        "hall/lamp/101": ["failure"],
        "hall/lamp/104": ["failure"],
        "hall/lamp/105": [],
        "hall/lamp/106": ["system-out"],
        "hall/lamp/107": ["skipped"],
        "hall/lamp/666": ["system-out"],
        "barn": ["error"],
        "hall": ["skipped"],
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert "desired-state/hall/lamp.yaml:4: warning /sockets/s0/tag 11 → 12" in str(failure.text)


def test_what_is_silenced_is_skipped():
    root = ET.fromstring(junit.render(samples.ignored()))
    case = root.find(".//testcase[@name='hall/lamp/90']")
    assert case is not None
    assert [child.tag for child in case] == ["skipped", "system-out"]
    assert case[0].get("message") == "silenced by config/ignore.yaml:1"


@pytest.mark.parametrize("text", [*samples.HOSTILE.values(), "\x00\x0b\ufffe\ud800]]>&<\"'", "x" * 10**6])
def test_hostile_text_is_text(text):
    state = house.desired({"1": {"note": "ok"}})
    report = house.judge(house.snapshot({"1": {"note": "ok"}}), state).report
    finding = samples.believable().findings[0].model_copy(update={"title": text, "name": text})
    data = junit.render(report.model_copy(update={"findings": (finding,)}))
    ET.fromstring(data)
    assert len(data) < 10_000
    assert not set(data.decode()) & set("\x1b\x07\u202e\u2066\u2028\r")


def test_a_site_of_many_thousands_is_bounded():
    report = samples.large(1000)
    verdicts = dict(report.verdicts) | {f"hall/lamp/x{at}": "in_sync" for at in range(30_000)}
    began = time.monotonic()
    data = junit.render(report.model_copy(update={"verdicts": verdicts}))
    assert time.monotonic() - began < 20
    assert data.count(b"<testcase") == junit.MOST_CASES + 1
    assert b"12000 more resources are left out" in data
