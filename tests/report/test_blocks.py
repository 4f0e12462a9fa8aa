from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.report.blocks import Many, blocks_of, fold_effects
from tests.drift import house
from tests.report import samples


def _report(*findings):
    report = samples.quiet()
    made = []
    for number, (key, type_, severity, cause) in enumerate(findings):
        made.append(
            Finding(
                id=f"{number:012x}",
                type=type_,
                key=Key.parse(key),
                title="it is so",
                severity=severity,
                cause=None if cause is None else f"{cause:012x}",
                first_seen=report.run.collected_at - timedelta(days=1),
            )
        )
    return report.model_copy(update={"findings": tuple(made)})


def _heads(report):
    return [
        (block.severity, block.many.type if block.many else str(block.causes[0].key), block.count)
        for block in blocks_of(report)
    ]


def test_a_resource_is_one_block_with_all_its_causes_and_what_follows_is_below():
    report = _report(
        ("hall/lamp/1", "missing", "warning", None),
        ("hall/lamp/2", "duplicate-ip", "error", 0),
        ("hall/lamp/1", "degraded", "info", None),
        ("hall/lamp/3", "no-backup", "info", 0),
    )
    (block,) = blocks_of(report)
    assert [finding.type for finding in block.causes] == ["missing", "degraded"]
    assert [effect.severity for effect in fold_effects(block)] == ["error", "info"]
    assert (block.severity, block.count, block.size) == ("error", 2, 4)


def test_the_worst_is_first_then_what_is_new_then_the_order_of_people():
    report = _report(
        ("hall/lamp/10", "missing", "warning", None),
        ("hall/lamp/9", "missing", "warning", None),
        ("hall/lamp/11", "missing", "warning", None),
        ("hall/lamp/12", "missing", "error", None),
        ("hall/lamp/1", "degraded", "info", None),
    )
    findings = list(report.findings)
    findings[2] = findings[2].model_copy(update={"first_seen": report.run.collected_at})
    report = report.model_copy(update={"findings": tuple(findings)})
    assert [head[1] for head in _heads(report)] == [
        *("hall/lamp/12", "hall/lamp/11", "hall/lamp/9", "hall/lamp/10", "hall/lamp/1")
    ]


@pytest.mark.parametrize(("type_", "folds"), [("no-backup", True), ("unmanaged", True), ("missing", False)])
@pytest.mark.parametrize("number", [3, 4, 60])
def test_many_instances_of_one_rule_are_one_block(type_, folds, number):
    report = _report(*((f"hall/lamp/{at}", type_, "info", None) for at in range(number)))
    expected = [("info", type_, number)] if folds and number > 3 else None
    heads = _heads(report)
    assert heads == expected if expected else len(heads) == number
    assert len(blocks_of(report, fold=False)) == number
    assert sum(block.count for block in blocks_of(report)) == number


def test_what_is_new_is_not_hidden_among_many_that_are_not():
    report = _report(*((f"hall/lamp/{at}", "no-backup", "info", None) for at in range(9)))
    findings = [
        each.model_copy(update={"first_seen": report.run.collected_at}) if each.key.id == "7" else each
        for each in report.findings
    ]
    report = report.model_copy(update={"findings": tuple(findings)})
    assert _heads(report) == [("info", "hall/lamp/7", 1), ("info", "no-backup", 8)]


def test_many_effects_of_one_rule_are_one_line():
    report = _report(
        ("hall/lamp/1", "missing", "warning", None),
        *((f"hall/lamp/{at}", "no-backup", "info", 0) for at in range(2, 12)),
        ("hall/lamp/99", "duplicate-ip", "warning", 0),
    )
    (block,) = blocks_of(report)
    first, many = fold_effects(block)
    assert isinstance(many, Many)
    assert (first.type, many.count) == ("duplicate-ip", 10)
    assert many.ids_with_names(2) == ["2", "3"]


def test_a_consequence_whose_cause_is_silenced_is_a_block_of_its_own():
    report = _report(("hall/lamp/1", "missing", "warning", None), ("hall/lamp/2", "no-backup", "info", 0))
    silenced = report.findings[0].model_copy(update={"ignored_by": "config/ignore.yaml:1"})
    report = report.model_copy(update={"findings": (silenced, report.findings[1])})
    assert _heads(report) == [("info", "hall/lamp/2", 1)]


def test_what_could_not_be_verified_is_no_block():
    report = _report(("hall/lamp/1", "unverified", "warning", None), ("hall/room/2", "no-backup", "info", 0))
    assert _heads(report) == [("info", "hall/room/2", 1)]


def test_ids_and_names_among_many_are_short_and_harmless():
    many = Many(
        "no-backup", "hall", "lamp", "info", 2, (("a\x1b" + "x" * 99, "n" * 99), ("7", "7")), house.START
    )
    named, same = many.ids_with_names(5)
    assert named.startswith("a\\u001bxx")
    assert len(named) < 90
    assert same == "7"
    assert replace(many, ids=()).ids_with_names(5) == []
