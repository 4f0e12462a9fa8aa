"""Edit a YAML file: only the lines of what changes, so that every other line stays byte for byte as it is.

The new content is given as values. Where they are as in the file, its text stays: comments, order, quotes,
indentation, line ends. `docs/decisions/yaml-edits.md` has why no library does it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from yaml.nodes import MappingNode, SequenceNode

from reconciler.errors import Problem
from reconciler.files import canonical
from reconciler.yamlfile.notation import WIDTH, entry, flow, flow_entry
from reconciler.yamlfile.text_places import Member, YamlText, as_text, is_block, is_nothing, plain
from reconciler.yamlfile.tree import YamlError, parse_yaml


class _Splice(NamedTuple):
    """Text that takes the place of what is between two places."""

    start: int
    end: int
    text: str


def rewritten(data: bytes, file: str, value: Any) -> bytes:
    """Return a file with another value: a mapping or a list, whose order shows where new parts go.

    Raises `YamlError` for a file that cannot be read, or in which this edit cannot be made safely.
    """
    before = parse_yaml(data, file).value
    if before == as_text(value):
        return data
    page = YamlText(data)
    text = _spliced(page.text, _Edit(page, page.step).root(value))
    result = (page.mark + text).encode()
    try:
        same = parse_yaml(result, file).value == as_text(value)
    except YamlError:
        same = False
    if not same:
        what = "is written in a way that cannot be edited line by line"
        raise YamlError(Problem(file, what, "write the change by hand"))
    return result


def _spliced(text: str, splices: Iterable[_Splice]) -> str:
    """Return a text with its splices, those of one place in the order in which they were made."""
    parts: list[str] = []
    done = 0
    for start, end, new in sorted(splices, key=lambda each: each[:2]):
        parts += text[done:start], new
        done = max(done, end)
    return "".join([*parts, text[done:]])


@dataclass(frozen=True, slots=True)
class _Edit:
    """The splices that give nodes of a page another value."""

    page: YamlText
    step: int

    def root(self, value: Any) -> Iterator[_Splice]:
        """Yield the splices for the value of the whole file."""
        page, node = self.page, self.page.root
        if node is None or is_nothing(node):
            text = page.newline.join(self._block_lines(value, 0)) + page.newline
            before = "" if not page.text or page.text.endswith(("\n", "\r")) else page.newline
            yield _Splice(len(page.text), len(page.text), before + text)
        elif self._inside(node, value):
            yield from self._collection(node, value)
        else:
            start, end = node.start_mark.index, page.end(node)
            if is_block(node):
                members = page.members(node)
                start, end = members[0].start, page.region_end(members[-1])
            text = page.newline.join(self._block_lines(value, page.column(start)))
            yield _Splice(start, end, text.lstrip(" ") if page.begins_line(start) else page.newline + text)

    def _block_lines(self, value: Any, indent: int) -> Iterator[str]:
        """Yield the lines of a mapping or a list in a block."""
        if not value:
            yield " " * indent + flow(value)
        elif isinstance(value, dict):
            for name, each in value.items():
                yield from entry(name, each, indent, self.step)
        else:
            for each in value:
                yield from self._item(each, indent)

    def _item(self, value: Any, indent: int) -> Iterator[str]:
        """Yield the lines of an item: on one line where that fits, but a mapping in the list of a file."""
        line = f"{' ' * indent}- {flow(value)}"
        if not isinstance(value, dict) or not value or (indent and len(line) <= WIDTH):
            yield line
            return
        first, *rest = (each for name in value for each in entry(name, value[name], indent + 2, self.step))
        yield f"{' ' * indent}- {first.lstrip(' ')}"
        yield from rest

    def _inside(self, node: Any, value: Any) -> bool:
        """Return whether a node can get a value by changes of its members, some of which stay."""
        if not value or not node.value:
            return False
        if isinstance(node, MappingNode) and isinstance(value, dict):
            braces = is_block(node) or self.page.text[node.start_mark.index] == "{"
            explicit = not is_block(node) and any(
                self.page.text[member.start] == "?" for member in self.page.members(node)
            )
            return braces and not explicit and any(key in value for key in plain(node))
        return isinstance(node, SequenceNode) and isinstance(value, list) and self._keeps_items(node, value)

    @staticmethod
    def _keeps_items(node: Any, value: list[Any]) -> bool:
        return is_block(node) or any(item in as_text(value) for item in plain(node))

    def _collection(self, node: Any, value: Any) -> Iterator[_Splice]:
        members = self.page.members(node)
        if isinstance(node, MappingNode):
            yield from self._mapping(node, members, value)
        else:
            yield from self._list(node, members, value)

    def _mapping(self, node: Any, members: list[Member], value: dict[str, Any]) -> Iterator[_Splice]:
        kept = {member.name: member for member in members if member.name in value}
        yield from self._without(node, members, [member.name in value for member in members])
        for name, member in kept.items():
            if plain(member.value) != as_text(value[name]):
                yield from self._value(member, value[name], block=is_block(node))
        last: Member | None = None
        for name, each in value.items():
            if name in kept:
                last = kept[name]
            elif is_block(node):
                lines = entry(name, each, self.page.column(members[0].start), self.step)
                yield self._new_lines(list(lines), last, next(iter(kept.values())))
            else:
                yield self._new_words(flow_entry(name, each), last, next(iter(kept.values())))

    def _new_lines(self, lines: list[str], last: Member | None, first: Member) -> _Splice:
        """Return the splice that writes lines after a member of a block, or before the first that stays."""
        newline = self.page.newline
        if last is not None:
            place = self.page.region_end(last)
            return _Splice(place, place, "".join(newline + line for line in lines))
        column = self.page.column(first.start)
        text = "".join(line + newline for line in lines).lstrip(" ") + " " * column
        return _Splice(first.start, first.start, text)

    def _new_words(self, text: str, last: Member | None, first: Member) -> _Splice:
        """Return the splice that writes a member in braces or brackets."""
        if last is not None:
            end = self.page.end_of(last)
            return _Splice(end, end, f", {text}")
        return _Splice(first.start, first.start, f"{text}, ")

    def _without(self, node: Any, members: list[Member], stays: list[bool]) -> Iterator[_Splice]:
        """Yield the splices that take out members; at least one of them stays."""
        page = self.page
        for index, member in enumerate(members):
            if stays[index]:
                continue
            if is_block(node) and page.begins_line(member.start):
                start, end = page.line_start(member.start), page.region_end(member)
                if start:  # with the break before it: new lines may follow what ends here
                    yield _Splice(page.before_break(start), end, "")
                else:
                    yield _Splice(start, page.after_break(end), "")
            elif not is_block(node) and any(stays[:index]):
                yield _Splice(
                    page.end_of(members[index - 1]), page.end_of(member), ""
                )  # with the comma before it
            else:
                yield _Splice(member.start, members[index + 1].start, "")

    def _value(self, member: Member, value: Any, *, block: bool) -> Iterator[_Splice]:
        """Yield the splices that give a member another value."""
        page, node = self.page, member.value
        if self._inside(node, value):
            yield from self._collection(node, value)
            return
        text = flow(value)
        column = page.column(member.start)
        if block and isinstance(value, dict | list) and column + len(member.name) + len(text) + 2 > WIDTH:
            lines = self._block_lines(value, column + self.step)
            text = "".join(page.newline + line for line in lines)
        else:
            text = f" {text}"
        if is_block(node) and not member.name:
            yield _Splice(member.content, page.region_end(member), flow(value))
        elif is_block(node):
            end = page.line_end(member.content)
            yield _Splice(member.content, member.content, text if "\n" not in text else "")
            yield _Splice(end, page.region_end(member), text if "\n" in text else "")
        elif is_nothing(node):
            yield _Splice(member.content, member.content, text)
        else:
            start = node.start_mark.index
            yield _Splice(start, page.end_of(member), text.lstrip(" ") if "\n" not in text else text)

    def _list(self, node: Any, members: list[Member], value: list[Any]) -> Iterator[_Splice]:
        old = [canonical(plain(member.value)) for member in members]
        new = [canonical(as_text(item)) for item in value]
        stays = [True] * len(members)
        added: list[tuple[int, Any]] = []
        changed: list[tuple[int, Any]] = []
        for what, i, j, a, b in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if what == "equal":
                continue
            both = min(j - i, b - a)
            changed += [(i + n, value[a + n]) for n in range(both)]
            for index in range(i + both, j):
                stays[index] = False
            added += [(i + both, item) for item in value[a + both : b]]
        yield from self._without(node, members, stays)
        for index, item in changed:
            yield from self._value(members[index], item, block=False)
        for index, item in added:
            yield self._added(node, members, stays, index, item)

    def _added(self, node: Any, members: list[Member], stays: list[bool], index: int, item: Any) -> _Splice:
        last = members[index - 1] if index else None
        first = members[stays.index(True)]
        if is_block(node):
            return self._new_lines(list(self._item(item, self.page.column(members[0].start))), last, first)
        return self._new_words(flow(item), last, first)
