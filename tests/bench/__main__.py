"""`make bench`: the budgets of the design at 200, 2,000 and 10,000 guests, as text and JSON."""

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import commits, cpu, io
from tests.bench.measure import Ratio, peak_megabytes

SIZES = (200, 2000, 10000)
MEMORY = 600


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
    scaling = {}
    for guests in options.guests:
        with tempfile.TemporaryDirectory() as folder:
            for result in io.collect(Path(folder), guests):
                tell(result)
            bench = cpu.Bench(*io.snapshot(Path(folder), guests), guests)
        for result in (*cpu.steps(bench), *commits.steps(bench)):
            tell(result)
            if result.step.startswith("compare, 1%"):
                scaling[guests] = result.seconds
    if {1000, 10000} <= scaling.keys():
        tell(Ratio("compare: 10,000 against 1,000", 10000, scaling[10000], scaling[1000], 15, "times"))
    print(f"peak memory of this process: {peak_megabytes():.0f} MB (budget {MEMORY} MB for a run)")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    facts = {"python": platform.python_version(), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    document = {
        **facts,
        "peak_megabytes": round(peak_megabytes()),
        "results": [each.document() for each in results],
    }
    options.json.write_text(json.dumps(document, indent=2) + "\n")
    over = [result for result in results if not result.met]
    print(f"{len(results) - len(over)} of {len(results)} budgets met; written to {options.json}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
