"""A report as JUnit XML, for the test views of CI servers and code hosts.

A suite is a source and kind, a case a resource with a verdict, or the subject of a rule. A finding is a
failure, a note or an ignored finding goes to the output of its case, and what could not be verified is
skipped. A source that could not be read is an error. Elements and attributes are those of the schema that
Jenkins publishes for JUnit.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.summary import Verdict
from reconciler.report.context import NO_CONTEXT, ReportContext
from reconciler.report.escape import escape_terminal
from reconciler.report.lines import format_value
from reconciler.report.sections import first_line

MOST_CASES: Final = 20_000
"""Cases of one report; those without a finding are left out first, and counted."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TEXT = 400


def render(report: DriftReport, context: ReportContext = NO_CONTEXT) -> bytes:
    """Return the report as a document with an XML declaration, in UTF-8."""
    root = Element("testsuites", name=_text(f"reconciler {report.run.site}"))
    moment = report.run.collected_at.strftime("%Y-%m-%dT%H:%M:%S")
    for (source, kind), cases in _suites(report).items():
        _suite(root, f"{source}/{kind}", moment, cases, report.verdicts)
    _sources(root, report, moment)
    _total(root)
    _note(root, report, context)
    indent(root)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _suites(report: DriftReport) -> dict[tuple[str, str], dict[str, list[Finding]]]:
    """Return the findings of each case of each suite, in the order of their keys."""
    cases: dict[Key, list[Finding]] = {}
    for finding in report.every:
        cases.setdefault(finding.key, []).append(finding)
    room = MOST_CASES - len(cases)
    for text in report.verdicts:
        key = Key.parse(text)
        if key not in cases and room > 0:
            cases[key] = []
            room -= 1
    suites: dict[tuple[str, str], dict[str, list[Finding]]] = {}
    for key in sorted(cases)[:MOST_CASES]:
        suites.setdefault(key[:2], {})[str(key)] = cases[key]
    return suites


def _suite(
    root: Element, name: str, moment: str, cases: Mapping[str, list[Finding]], verdicts: Mapping[str, Verdict]
) -> None:
    suite = _new_suite(root, name, moment)
    for key, findings in cases.items():
        named = next((f" {each.name}" for each in findings if each.name), "")
        case = SubElement(
            suite, "testcase", name=_text(f"{key}{named}"), classname=_text(_class(name)), time="0"
        )
        _outcome(case, findings, verdicts.get(key))
    _counts(suite)


def _outcome(case: Element, findings: Iterable[Finding], verdict: Verdict | None) -> None:
    """Add what was found: one failure with all that counts, as the schema wants it, or a reason to skip."""
    listed = list(findings)
    failing = [each for each in listed if _fails(each)]
    unverified = [each for each in listed if each.type == "unverified" and each.ignored_by is None]
    if failing:
        failure = SubElement(case, "failure", message=_text(_message(failing)), type=_text(failing[0].type))
        failure.text = _text("\n".join(map(_line, failing)), 8000)
    elif unverified or verdict == "unverified":
        SubElement(
            case, "skipped", message=_text(unverified[0].title if unverified else "could not be verified")
        )
    elif listed and all(each.ignored_by is not None for each in listed):
        SubElement(case, "skipped", message=_text(f"silenced by {listed[0].ignored_by}"))
    others = [each for each in listed if each not in failing and each not in unverified]
    if others:
        SubElement(case, "system-out").text = _text("\n".join(map(_line, others)), 8000)


def _fails(finding: Finding) -> bool:
    return finding.severity != "info" and finding.ignored_by is None and finding.type != "unverified"


def _message(failing: list[Finding]) -> str:
    more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
    return f"{failing[0].title}{more}"


def _line(finding: Finding) -> str:
    where = f"{finding.where}: " if finding.where else ""
    change = finding.change
    what = f"{finding.type}: {finding.title}"
    if change is not None:
        values = f"{format_value(change.desired)} → {format_value(change.live)}"
        what = f"{change.path} {escape_terminal(values, _TEXT)}"
    silenced = f" (silenced by {finding.ignored_by})" if finding.ignored_by else ""
    return escape_terminal(f"{where}{finding.severity} {what} [{finding.id}]{silenced}", 2 * _TEXT)


def _sources(root: Element, report: DriftReport, moment: str) -> None:
    """Add a case for each source: an error if it could not be read."""
    suite = _new_suite(root, "sources", moment)
    for name, status in sorted(report.run.sources.items()):
        case = SubElement(suite, "testcase", name=_text(f"{name} can be read"), classname="sources", time="0")
        if status.status == "failed":
            problem = _text(str(status.problem or "no reason given"))
            SubElement(case, "error", message=problem, type="unreadable").text = problem
        elif status.status == "partial":
            SubElement(case, "skipped", message=_text(f"in part: {status.problem or 'no reason given'}"))
    _counts(suite)


def _new_suite(root: Element, name: str, moment: str) -> Element:
    return SubElement(root, "testsuite", name=_text(name), timestamp=moment, hostname="localhost", time="0")


def _counts(suite: Element) -> None:
    suite.set("tests", str(len(suite.findall("testcase"))))
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _total(root: Element) -> None:
    for attribute in ("tests", "failures", "errors"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    root.set("time", "0")


def _note(root: Element, report: DriftReport, context: ReportContext) -> None:
    """Add the first line of the report, and how many cases were left out."""
    left = len(report.verdicts.keys() | {str(each.key) for each in report.every}) - int(
        root.get("tests", "0")
    )
    lines = [first_line(report), *context.notes, *_omitted(left + len(report.run.sources))]
    SubElement(root[-1], "system-out").text = _text("\n".join(lines), 2000)


def _omitted(left: int) -> Iterator[str]:
    if left > 0:
        yield f"{left} more resources are left out: --format json has them all"


def _class(name: str) -> str:
    return name.replace("/", ".")


def _text(text: str, longest: int = _TEXT) -> str:
    """Return text that XML can hold, without control characters, of bounded length."""
    lines = (escape_terminal(line, longest) for line in text[: 4 * longest].split("\n"))
    return _NOT_XML.sub("�", "\n".join(lines)[: 4 * longest])
