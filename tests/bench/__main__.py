"""`make bench`: the budgets of the design at 200, 2,000 and 10,000 guests, as text and JSON."""

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import browser, commits, cpu, growth, io, job, queries, reviews
from tests.bench.measure import Ratio

SIZES = (200, 2000, 10000)


def main() -> int:
    """Measure, print, write JSON; 1 when a budget is not met."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--guests", type=int, nargs="+", default=SIZES)
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    options = parser.parse_args()
    results: list[Ratio] = []

    def tell(result: Ratio) -> None:
        results.append(result)
        print(result.line(), flush=True)

    for result in io.start():
        tell(result)
    for guests in options.guests:
        with tempfile.TemporaryDirectory() as folder:
            for result in io.collect(Path(folder), guests):
                tell(result)
            for result in io.against_proxmoxer(Path(folder), guests):
                tell(result)
            bench = cpu.Bench(*io.snapshot(Path(folder), guests), guests)
        for result in (*cpu.steps(bench), *commits.steps(bench), *queries.steps(bench)):
            tell(result)
        for result in growth.steps(bench) if guests == min(options.guests) else ():
            tell(result)
        for result in browser.steps(cpu.undrifted_run(bench), guests):
            tell(result)
        loads = bench.loads
        del bench
        with tempfile.TemporaryDirectory() as folder:
            for result in (
                *job.steps(Path(folder), guests, loads),
                *reviews.steps(Path(folder), guests, loads),
            ):
                tell(result)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    facts = {"python": platform.python_version(), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    document = {**facts, "results": [each.document() for each in results]}
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    stated = [result for result in results if result.stated]
    over = [result for result in stated if not result.met]
    print(f"{len(stated) - len(over)} of {len(stated)} budgets met; written to {options.json}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
