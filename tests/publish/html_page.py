"""A page as its elements: what a browser would make of it, and a page that is not well-formed fails."""

from dataclasses import dataclass
from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "input", "br"})


@dataclass(frozen=True, eq=False)
class Element:
    """An element with its attributes, and all text in it."""

    tag: str
    attributes: dict[str, str]
    texts: list[str]
    inside: tuple["Element", ...]
    """The elements that it is in."""

    @property
    def text(self) -> str:
        return " ".join("".join(self.texts).split())

    def has(self, name):
        return name in self.attributes.get("class", "").split()


class Page(HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(data.decode())
        self.close()
        assert not self._open, f"not closed: {self._open[-1].tag}"

    def handle_starttag(self, tag, attrs):
        assert len(attrs) == len(dict(attrs)), f"an attribute twice: {tag} {attrs}"
        element = Element(tag, {name: value or "" for name, value in attrs}, [], tuple(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self._open, f"closed, but not open: {tag}"
        assert self._open.pop().tag == tag

    def handle_data(self, data):
        for element in self._open:
            element.texts.append(data)

    def all(self, tag=None, cls=None):
        return [each for each in self.elements if tag in {None, each.tag} and (cls is None or each.has(cls))]


def checked(data: bytes) -> Page:
    """The page, which has nothing that the strictest Content-Security-Policy forbids, and no id twice."""
    page = Page(data)
    for element in page.elements:
        assert "style" not in element.attributes
        assert not [name for name in element.attributes if name.startswith("on")]
        assert element.tag not in {"style", "img", "iframe", "object", "base"}
        for name in ("href", "src", "action"):
            target = element.attributes.get(name, "/")
            assert target.startswith(("/", "#", "https://git.example/")), target
    assert [each.attributes for each in page.all("script")] == [{"src": "/assets/script.js", "defer": ""}]
    ids = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(set(ids)) == len(ids)
    for element in page.elements:
        for name in ("aria-labelledby", "for"):
            assert element.attributes.get(name, ids[0]) in ids
    return page
