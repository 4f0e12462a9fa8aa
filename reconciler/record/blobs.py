"""Many files out of the history, a portion at a time: whatever their number, memory is bounded."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.record.command import GitError, Repository, run
from reconciler.record.objects import read_blobs

_PORTION_BYTES = 32 * 2**20
_PORTION = 1000
_UNKNOWN_SIZE = 2**20


def each_blob(repo: Repository, ids: Iterable[str | None]) -> Iterator[tuple[str, bytes | None]]:
    """Yield each object once, in order; None for one that is missing or damaged."""
    wanted = [each for each in dict.fromkeys(ids) if each]
    for portion in _portions(wanted, _sizes(repo, wanted)):
        yield from _read(repo, portion)


def _read(repo: Repository, ids: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Yield objects; where git ends at a damaged one, that is found by halves."""
    try:
        contents = read_blobs(repo, ids)
    except GitError:
        middle = len(ids) // 2
        if middle:
            yield from _read(repo, ids[:middle])
            yield from _read(repo, ids[middle:])
        else:
            yield ids[0], None
    else:
        yield from zip(ids, contents, strict=True)


def _sizes(repo: Repository, ids: Sequence[str]) -> dict[str, int]:
    if len(ids) <= 1:
        return {}
    names = "".join(f"{each}\n" for each in ids).encode()
    try:
        output = run(repo, "cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=names)
    except GitError as error:
        output = error.output
    pairs = (line.split(" ") for line in output.decode("ascii", "replace").splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdecimal()}


def _portions(ids: Sequence[str], sizes: dict[str, int]) -> Iterator[list[str]]:
    portion: list[str] = []
    total = 0
    for each in ids:
        size = sizes.get(each, _UNKNOWN_SIZE)
        if portion and (total + size > _PORTION_BYTES or len(portion) == _PORTION):
            yield portion
            portion, total = [], 0
        portion.append(each)
        total += size
    if portion:
        yield portion
