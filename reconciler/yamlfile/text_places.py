"""A YAML file as text with the places of its nodes: where each key, value, item and comment is written."""

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from reconciler.text import nfc

_NULLS = frozenset({"", "~", "null"})
_BLANKS = " \t"
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Member:
    """A key with its value, or an item of a list, as written."""

    name: str
    """The key; empty for an item."""
    start: int
    """Where it begins: at the key, or at the dash of an item in a block."""
    value: Any
    """The node of its value."""
    content: int
    """Where its value may be written: after the `:`, or where the item begins."""


class YamlText:
    """The text of a file; places are offsets into it."""

    def __init__(self, data: bytes) -> None:
        text = data.decode("utf-8")
        self.mark = _BOM if text.startswith(_BOM) else ""
        self.text = text.removeprefix(_BOM)
        self._has_returns = "\r" in self.text
        first = self.text.find("\n")
        self.newline = "\r\n" if first > 0 and self.text[first - 1] == "\r" else "\n"
        self.root: Any = yaml.compose(self.text, Loader=yaml.CSafeLoader)

    def members(self, node: Any) -> list[Member]:
        """Return the keys of a mapping, or the items of a list, in their order."""
        if isinstance(node, MappingNode):
            return [self._key(key, value) for key, value in node.value]
        return [self._item(node, value) for value in node.value]

    def _key(self, key: Any, value: Any) -> Member:
        colon = self._colon(key.end_mark.index)
        start = key.start_mark.index
        before = start - 1
        while before > 0 and self.text[before] in _BLANKS:
            before -= 1
        if before >= 0 and self.text[before] == "?":
            start = before
        return Member(nfc(key.value), start, value, colon + 1)

    def _item(self, node: Any, value: Any) -> Member:
        content = value.start_mark.index
        start = content if node.flow_style else self.text.rindex("-", 0, content)
        return Member("", start, value, content)

    def _colon(self, place: int) -> int:
        """Return the place of the `:` after a key."""
        while self.text[place] != ":":
            place = self.line_end(place) if self.text[place] == "#" else place + 1
        return place

    def end_of(self, member: Member) -> int:
        """Return the end of the value of a member, without a comment."""
        return max(self.end(member.value), member.content)

    def end(self, node: Any) -> int:
        """Return the end of what is written of a node."""
        if not isinstance(node, ScalarNode) and not node.flow_style and node.value:
            last = node.value[-1]
            return self.end_of(self._key(*last) if isinstance(node, MappingNode) else self._item(node, last))
        start, end = node.start_mark.index, node.end_mark.index
        return start + len(self.text[start:end].rstrip()) if is_block_text(node) else int(end)

    def region_end(self, member: Member) -> int:
        """Return the end of the last line of a member, with the comments below that are indented deeper."""
        end, column = self.line_end(self.end_of(member)), self.column(member.start)
        while True:
            line = self.after_break(end)
            following = self.text[line : self.line_end(line)]
            depth = len(following) - len(following.lstrip(_BLANKS))
            if line == end or not following.lstrip(_BLANKS).startswith("#") or depth <= column:
                return end
            end = self.line_end(line)

    def line_start(self, place: int) -> int:
        """Return where the line of a place begins."""
        before = self.text.rfind("\n", 0, place)
        return max(before, self.text.rfind("\r", 0, place) if self._has_returns else -1) + 1

    def line_end(self, place: int) -> int:
        """Return where the line of a place ends, before its break."""
        ends = (self.text.find(each, place) for each in ("\n", "\r")[: 1 + self._has_returns])
        return min((end for end in ends if end >= 0), default=len(self.text))

    def after_break(self, place: int) -> int:
        """Return where the next line begins, of the end of a line; the end itself without a break."""
        if self.text.startswith("\r\n", place):
            return place + 2
        return place + 1 if place < len(self.text) else place

    def before_break(self, place: int) -> int:
        """Return where the line before a line begin ends; the place itself at the top of the file."""
        if self.text.endswith("\r\n", 0, place):
            return place - 2
        return max(place - 1, 0)

    def column(self, place: int) -> int:
        """Return how far from the begin of its line a place is."""
        return place - self.line_start(place)

    def begins_line(self, place: int) -> bool:
        """Return whether nothing but blanks is before a place on its line."""
        return not self.text[self.line_start(place) : place].strip(_BLANKS)

    @property
    def step(self) -> int:
        """How far the fields of a row are indented: as in the first row that is a block."""
        for key, value in self.root.value if isinstance(self.root, MappingNode) else ():
            if isinstance(value, MappingNode) and is_block(value) and value.value:
                inner = value.value[0][0].start_mark.column
                return max(int(inner - key.start_mark.column), 1)
        return 2


def is_block(node: Any) -> bool:
    """Return whether a node is a mapping or a list that is written over several lines."""
    return isinstance(node, MappingNode | SequenceNode) and not node.flow_style


def is_block_text(node: Any) -> bool:
    """Return whether a node is text after `|` or `>`."""
    return isinstance(node, ScalarNode) and node.style in {"|", ">"}


def is_nothing(node: Any) -> bool:
    """Return whether nothing is written where a value could be."""
    return isinstance(node, ScalarNode) and not node.value and not node.style


def plain(node: Any) -> Any:
    """Return the value of a node, as `parse_yaml` reads it."""
    if isinstance(node, MappingNode):
        return {nfc(key.value): plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [plain(value) for value in node.value]
    return None if node.value in _NULLS and not node.style else nfc(node.value)


def as_text(value: Any) -> Any:
    """Return a JSON value as it reads back: every scalar is text, and null is None."""
    if isinstance(value, dict):
        return {nfc(name): as_text(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [as_text(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else nfc(str(value))
