"""Groups of things of which some belong together: what is joined with one member is joined with all."""

from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class DisjointSet(Generic[T]):
    """Groups that grow by joining two members."""

    def __init__(self) -> None:
        self._above: dict[T, T] = {}

    def join(self, one: T, other: T) -> None:
        """Put two members, and what they were joined with, into one group."""
        if one != other:
            self._above[self._root(one)] = self._root(other)

    def groups(self) -> Iterator[list[T]]:
        """Yield the members of each group."""
        found: dict[T, list[T]] = {}
        for member in self._above:
            found.setdefault(self._root(member), []).append(member)
        yield from found.values()

    def _root(self, member: T) -> T:
        """Return what stands for the group of a member, and let the way to it be shorter next time."""
        path = []
        while (above := self._above.setdefault(member, member)) != member:
            path.append(member)
            member = above
        self._above.update(dict.fromkeys(path, member))
        return member
