"""Check the wording of the docs and of string literals: `python -m tests.docs.words`.

Prose for operators is plain English: subject, verb, object, and the words of the field. The tables below
list phrasings to avoid, with what to write instead. They apply to the Markdown pages, and under `reconciler/`
to the string literals of Python (docstrings, messages, help), to YAML values and to templates; never to
comments, code blocks or code spans. Lines of Markdown wrap at 100 characters, except tables, code blocks and
URLs.
"""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parents[2]
PAGES = ("*.md", "docs/**/*.md", "reports/**/*.md")
LITERALS = ("reconciler/**/*.py", "reconciler/**/*.yaml", "reconciler/**/*.j2")
LINE = 100

PHRASES = {
    r"(?<!there\s)\b(?:is|are|was|were) no (?!longer\b|more\b|less\b|fewer\b)": "is not a, has no",
    r"\bmakes? no sense\b": "cannot be parsed: …",
    r"\b(?:tells?|told)\b(?! apart)": "reports, shows, lists",
    r"\b(?:says|said)\b|\bto say\b|\bsay (?:of|so)\b": "states, reports, declares",
    r"\b(?:some|no|any)body\b": "the resource, the person, no resource, no one",
    r"\bmend(?:s|ed|ing)?\b": "fix",
    r"\b(?:has|have|stands?) (?:\S+ ){1,4}already\b": "is already declared at",
    r"\b(?:that|what|which) (?:is|are|was) (?:not )?there\b|\bthat there (?:is|are)\b": "that exists",
    r"\bresources of (?:\{\}|\d+) kinds\b|(?<![\d.])1 (?:finding|kind|resource|rule|run)s\b": "1 resource",
    r"\bbe it\b": "whether … or",
    r"\blook(?:s|ed|ing)? at\b|\bfor a look\b|\bonly look\b": "read, check; read-only",
    r"\b(?:dis)?believe[sd]?\b": "accept, trust, confirm",
    r"\b(?:hold|holds|held) (?:it |them |us |you )?(?:to|against)\b": "enforce, check against, covered by",
    r"(?<!stand\s)(?<!stands\s)(?<!let\s)\balone\b": "only",
    r"\b(?:no|is) news\b": "a change, not a change",
    r"\bfor ever\b": "forever, permanently",
    r"\bthe way (?:of|out)\b|\bway out\b": "the trace, the path; the WAN",
    r"\b(?:is|are|not|be|being) whole\b": "complete",
    r"\ball the same\b": "anyway, still",
    r"\banew\b": "again",
    r"\bsigns? of life\b": "heartbeat",
    r"\bcr(?:y|ies|ied) wolf\b": "false alarm",
}
"""Phrasing to avoid → what to write instead. A space matches any gap within a paragraph."""

OPENINGS = {r"\AWhat\b": "a verb or a noun: Return …, The …"}
"""The same for the first words of a docstring."""

_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_CODE_SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_TARGET = re.compile(r"\]\([^)\s]*\)|<?https?://\S+")
_TEMPLATE_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_TEMPLATE_VALUE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_GAP = r"(?:[^\S\n]+|[^\S\n]*\n[^\S\n]*)"


class Prose(NamedTuple):
    """A text with the line on which it begins, and the last one that it covers."""

    text: str
    line: int
    last: int
    docstring: bool = False


class Hit(NamedTuple):
    """A place to rewrite."""

    file: str
    line: int
    found: str
    pattern: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.found} → {self.instead}"


def check(root: Path) -> Iterator[Hit]:
    """Yield the hits of every page and literal below `root`."""
    files = (path for glob in (*PAGES, *LITERALS) for path in sorted(root.glob(glob)))
    for path in files:
        name = path.relative_to(root).as_posix()
        text = path.read_text()
        for prose in READERS[path.suffix](text):
            for hit in hits(prose):
                yield hit._replace(file=name)
        if path.suffix == ".md":
            yield from (Hit(name, line, *_TOO_LONG) for line in long_lines(text))


_TOO_LONG = (f"a line over {LINE} characters", f"lines over {LINE} characters", "wrap it")


def hits(prose: Prose) -> Iterator[Hit]:
    """Yield what to rewrite in one text."""
    tables = PHRASES | OPENINGS if prose.docstring else PHRASES
    for pattern, instead in tables.items():
        for match in compiled(pattern).finditer(prose.text):
            line = prose.line + prose.text.count("\n", 0, match.start())
            found = " ".join(match[0].split())
            yield Hit("", min(line, prose.last), found, pattern, instead)


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a phrasing; only openings are case-sensitive."""
    return re.compile(pattern.replace(" ", _GAP), 0 if pattern in OPENINGS else re.IGNORECASE)


def markdown(text: str) -> Iterator[Prose]:
    """Yield the prose of a page: without code blocks, code spans and the targets of links."""
    for code in (_FENCE, _CODE_SPAN, _TARGET):
        text = code.sub(_blank, text)
    yield _of(text)


def template(text: str) -> Iterator[Prose]:
    """Yield the prose of a template, with `{}` for each value."""
    yield _of(_TEMPLATE_VALUE.sub(_blank, _TEMPLATE_COMMENT.sub(_blank, text)))


def literals(text: str) -> Iterator[Prose]:
    """Yield the string literals of Python, with `{}` for each value of an f-string."""
    tree = ast.parse(text)
    nodes = list(ast.walk(tree))
    statements = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    parts = {id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            yield Prose("".join(map(_part, node.values)), node.lineno, node.end_lineno or node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            last = node.end_lineno or node.lineno
            yield Prose(node.value, node.lineno, last, docstring=id(node) in statements)


def yaml_values(text: str) -> Iterator[Prose]:
    """Yield the keys and values of YAML."""
    pending = [yaml.compose(text, yaml.CSafeLoader)]
    while pending:
        node = pending.pop()
        if isinstance(node, yaml.ScalarNode):
            yield Prose(node.value, node.start_mark.line + 1, node.end_mark.line + 1)
        elif isinstance(node, yaml.SequenceNode):
            pending += node.value
        elif isinstance(node, yaml.MappingNode):
            pending += [each for pair in node.value for each in pair]


READERS = {".md": markdown, ".py": literals, ".yaml": yaml_values, ".j2": template}


def long_lines(text: str) -> Iterator[int]:
    """Yield the numbers of lines that should wrap: not those of tables and code blocks; URLs do not count."""
    for number, line in enumerate(_FENCE.sub(_blank, text).split("\n"), start=1):
        if not line.lstrip().startswith("|") and len(_TARGET.sub("", line)) > LINE:
            yield number


def _of(text: str) -> Prose:
    return Prose(text, 1, text.count("\n") + 1)


def _blank(match: re.Match[str]) -> str:
    """Stand in for code: a placeholder that no phrasing matches, on as many lines."""
    return "{}" + "\n" * match[0].count("\n")


def _part(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


def main(root: Path = ROOT) -> int:
    """Print each hit as `file:line: found → write instead`; return 1 if there are any."""
    found = list(check(root))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
