"""Print how many keys of each list are seen when they change: `python -m tests.blind_spots [SYSTEM …]`."""

import sys

from tests.blind_spots.table import MEANING, SYSTEMS, counts, keys_of


def main(systems: list[str]) -> int:
    """Print the table, what each column means, and the keys that are not seen; 1 if there are any."""
    keys = [key for system in systems or SYSTEMS for key in keys_of(system)]
    rows = list(counts(keys))
    width = max(len(name) for name, _ in rows)
    print(f"{'':{width}} {'keys':>6}", *(f"{outcome:>8}" for outcome in MEANING))
    for name, counted in rows:
        print(f"{name:{width}} {counted.total():6}", *(f"{counted[outcome]:8}" for outcome in MEANING))
    print(*(f"{outcome}: {meaning}" for outcome, meaning in MEANING.items()), sep="\n")
    unseen = [key.label for key in keys if key.outcome == "unseen"]
    print(*unseen, sep="\n")
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
