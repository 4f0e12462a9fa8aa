from pathlib import Path

import pytest

from tests.docs.words import OPENINGS, PHRASES, Prose, check, hits, main

SAMPLES = {
    "is no ": (
        ["is no date", "Lists are\n    no sets", "it was no list"],
        ["it is no longer listed", "there is no such kind"],
    ),
    "makes? no sense": (["when it makes no sense"], ["cannot be parsed: 3x"]),
    "tell": (["it tells which", "is told once", "Tell whether"], ["tell apart two hosts", "intellect"]),
    "say": (
        ["it says so", "as said above", "has to say of a run", "the rights say so"],
        ["if you say yes", "an essay", "say it in one line"],
    ),
    "body": (["nobody has it", "Somebody deleted it", "to anybody"], ["the body of an answer", "no one"]),
    "mend": (["mend the permissions", "this run mends it"], ["amend the commit", "recommended"]),
    "already": (
        ["has the cable of r630 already", "it stands at a.yaml:3 already"],
        ["is already declared at a.yaml:3"],
    ),
    "there": (
        ["what is there", "the one that is not there", "proves that there are none"],
        ["if there are none", "that is therefore partial"],
    ),
    "count": (
        ["{} resources of {} kinds", "1 resources"],
        ["1 resource of 1 kind", "11 resources", "v0.1 runs"],
    ),
    "be it": (["be it set or seen"], ["it may be its address", "maybe it"]),
    "look": (
        ["nothing is looked at", "an account that may only look"],
        ["it is looked up by id", "an outlook at"],
    ),
    "believe": (["believed at once", "Disbelieve a list"], ["the relief"]),
    "held": (
        ["you want to be held to", "held against LLDP"],
        ["the lock is held by a run", "it holds the rows"],
    ),
    "alone": (["of this verdict alone"], ["`absent` must stand alone", "let alone a list", "standalone"]),
    "news": (["which is no news"], ["a newsletter"]),
    "for ever": (["ignored for ever"], ["ignored forever", "for every kind"]),
    "way": (["the way of a name", "Ports of the way out"], ["the only way to sign in", "a gateway outside"]),
    "whole": (["a list is whole", "that is not\nwhole"], ["compared as a whole", "the whole list"]),
    "all the same": (["published all the same"], ["all of the same kind"]),
    "anew": (["copy the key anew"], ["a new key"]),
    "sign of life": (["one sign of life a day"], ["a sign of drift"]),
    "wolf": (["what others cry wolf about"], ["Wolfram"]),
    "What": (["What a run did."], ["Return what a run did."]),
}
"""A name for each phrasing, in the order of the tables → texts that have it, and texts that do not."""

PATTERNS = [*PHRASES, *OPENINGS]


def found(text: str) -> list[str]:
    prose = Prose(text, 1, 1 + text.count("\n"), docstring=True)
    return [hit.pattern for hit in hits(prose)]


def test_the_list_stays_short_and_each_phrasing_has_samples():
    assert len(PATTERNS) == len(SAMPLES) <= 25


@pytest.mark.parametrize(("name", "pattern"), [*zip(SAMPLES, PATTERNS, strict=True)], ids=list(SAMPLES))
def test_a_phrasing_is_found_and_its_neighbours_are_not(name, pattern):
    bad, good = SAMPLES[name]
    assert [text for text in bad if pattern not in found(text)] == []
    assert [text for text in good if found(text)] == []


def test_what_to_write_instead_is_not_a_phrasing_itself():
    assert [text for text in (*PHRASES.values(), *OPENINGS.values()) if found(text)] == []


def write(root: Path, path: str, text: str) -> None:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def lines(root: Path) -> list[str]:
    return [str(hit) for hit in check(root)]


def test_python_is_read_as_literals_with_their_lines(tmp_path):
    write(
        tmp_path,
        "reconciler/a.py",
        '"""What it did.\n\nIt says\nso."""\n\n# a comment tells\n\n\n'
        'def nobody() -> str:\n    """Return a text."""\n    return f"{1} is no {2}"\n',
    )
    assert lines(tmp_path) == [
        "reconciler/a.py:3: says → states, reports, declares",
        "reconciler/a.py:1: What → a verb or a noun: Return …, The …",
        "reconciler/a.py:11: is no → is not a, has no",
    ]


def test_a_literal_is_not_a_docstring(tmp_path):
    write(tmp_path, "reconciler/a.py", 'TITLE = "What changed"\n')
    assert lines(tmp_path) == []


def test_pages_are_read_without_code(tmp_path):
    write(tmp_path, "README.md", "Nobody\n\n```\nnobody\n```\n`nobody\nhere` [x](nobody.md) it is\nno list\n")
    assert lines(tmp_path) == [
        "README.md:7: is no → is not a, has no",
        "README.md:1: Nobody → the resource, the person, no resource, no one",
    ]


def test_yaml_and_templates_are_read_without_comments(tmp_path):
    write(tmp_path, "reconciler/ignored.yaml", "# nobody\nkey: is no\n  setting\n")
    write(tmp_path, "reconciler/report.md.j2", "{# nobody #}\n{{ nobody }} is told\n")
    assert lines(tmp_path) == [
        "reconciler/ignored.yaml:2: is no → is not a, has no",
        "reconciler/report.md.j2:2: told → reports, shows, lists",
    ]


def test_lines_of_pages_wrap_except_tables_code_and_urls(tmp_path):
    long = "word " * 21
    url = f"see <https://example.org/{'x' * 100}> and [this](https://example.org/{'y' * 100})\n"
    write(tmp_path, "docs/a/b.md", f"{long}\n| {long} |\n```\n{long}\n```\n{url}")
    assert lines(tmp_path) == ["docs/a/b.md:1: a line over 100 characters → wrap it"]


def test_hits_are_printed_and_make_the_exit_code(tmp_path, capsys):
    write(tmp_path, "README.md", "fix it\n")
    assert main(tmp_path) == 0
    assert capsys.readouterr().out == ""
    write(tmp_path, "README.md", "mend it\n")
    assert main(tmp_path) == 1
    assert capsys.readouterr().out == "README.md:1: mend → fix\n"
