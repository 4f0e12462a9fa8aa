"""The reasons in the tables of ignored keys are true: what is read elsewhere shows there when it changes."""

import re

import pytest

from reconciler.collectors.ignored_fields import EVERY_KIND, names_of, read_table
from tests.blind_spots.evidence import THE_ID, shown
from tests.blind_spots.table import SYSTEMS

ENTRIES = [
    (system, section, key, str(reason))
    for system in SYSTEMS
    for section, table in read_table(system).items()
    for key, reason in table.items()
]
_FIELD = re.compile(r"read as ([a-z]\w*)((?: or [a-z]\w*)*)")
_FOLLOWS = re.compile(r"(?:follows from|the object behind) ([\w.-]+)((?:(?:,| and) [\w.-]+)*)")
_ID = re.compile(r"(?:the id|part of the id)\b")
_NOTES = "read with store_descriptions"
_CLAIMS = re.compile(r"\bread\b|\bfollows\b|\bderived\b|\bcovered\b|\bbehind\b|\bthe id\b|\bsame as\b")


def of_key(system: str, section: str, key: str) -> set[str]:
    """The fields that a key of a table shows, and those of the keys in it."""
    names = names_of([key])
    plain = key.replace("[n]", "0")
    return {
        field
        for (of, name), fields in shown(system).items()
        if section in {of, EVERY_KIND}
        and (name in names or name.startswith((f"{plain}.", f"{plain}[]", f"{plain}.0")))
        for field in fields
    }


def lacking(system: str, section: str, key: str, reason: str) -> set[str]:
    """What a reason names and the key does not show."""
    found = of_key(system, section, key)
    if match := _FIELD.match(reason):
        return {match[1], *filter(None, match[2].split(" or "))} - found
    if match := _FOLLOWS.match(reason):
        others = [match[1], *re.findall(r"[\w.-]+", match[2].replace(" and ", " "))]
        above = key.rpartition(".")[0]
        return {each for each in others if not (is_shown(system, section, each, above))}
    if reason == _NOTES:
        return set() if found else {_NOTES}
    if _ID.match(reason):
        return set() if found else {THE_ID}
    return {"a claim in words that the proof knows"} if _CLAIMS.search(reason) else set()


def is_shown(system: str, section: str, key: str, above: str) -> bool:
    """Whether another key, of the row or beside this one, is read."""
    beside = re.sub(r"\[\w+\]", "[]", above)
    names = (key, f"{beside}.{key}")
    return any(of_key(system, of, name) for name in names for of in (section, EVERY_KIND))


@pytest.mark.parametrize(("system", "section", "key", "reason"), ENTRIES)
def test_the_reason_is_true(system, section, key, reason):
    assert lacking(system, section, key, reason) == set()


def test_most_reasons_claim_something_that_is_proved():
    claims = [reason for *_, reason in ENTRIES if _CLAIMS.search(reason)]
    assert len(claims) > 250


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("read as nowhere", {"nowhere"}),
        ("follows from nothing", {"nothing"}),
        ("read in some way", {"a claim in words that the proof knows"}),
        ("changes by itself", set()),
    ],
)
def test_a_reason_that_is_not_true_is_found(reason, expected):
    assert lacking("npm", "stream", "npmplus_description", reason) == expected
