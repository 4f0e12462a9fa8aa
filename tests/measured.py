"""Choose the tests that run with coverage, which makes a test two to three times slower.

The cases of one test run the same lines again and again: only the first of them is measured. The properties
over every key of every contract are not, and neither are the pages in a browser, whose code `tests/publish`
measures, nor whole runs on a damaged record, whose code `tests/record` measures, nor tests whose work is done
in other processes, of which coverage sees nothing.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

CASES = 1
"""So many cases of each test are measured."""
_HERE = Path(__file__).parent
UNMEASURED = tuple(
    _HERE / name
    for name in (
        "blind_spots",
        "chaos",
        "cli/test_hostile_record.py",
        "cli/test_run_faults.py",
        "desired/test_limits.py",
        "docs/test_contributing.py",
        "docs/test_deploy.py",
        "docs/test_install.py",
        "fix",
        "jobs/test_adopt_changes.py",
        "jobs/test_adopt_every_kind.py",
        "pages",
        "publish/test_faults.py",
        "workflows",
    )
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--part",
        choices=("measured", "unmeasured"),
        help="run only the tests that `make test` runs with coverage, or only the others",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    part = config.getoption("--part")
    if part is None:
        return
    measured = set(_measured(items))
    left = [item for item in items if (item in measured) is not (part == "measured")]
    items[:] = [item for item in items if (item in measured) is (part == "measured")]
    config.hook.pytest_deselected(items=left)


def _measured(items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Yield the first cases of each test, of the files that are measured."""
    cases: Counter[tuple[Path, str]] = Counter()
    for item in items:
        test = item.path, item.nodeid.partition("[")[0]
        cases[test] += 1
        if cases[test] <= CASES and not any(item.path.is_relative_to(path) for path in UNMEASURED):
            yield item
