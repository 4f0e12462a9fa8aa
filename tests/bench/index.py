"""`python -m tests.bench.index`: the bytes of `/v1/index/resources` at 2,000 guests."""

import argparse
import gzip
import tempfile
from pathlib import Path

from reconciler import files
from reconciler.jobs.publish import view_of
from reconciler.publish.documents.resources import resources
from tests.bench import cpu, io

BUDGET = 21 * 1024


def main() -> int:
    """Print them as published and compressed; 1 if the latter are over the budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.index")
    parser.add_argument("--guests", type=int, default=2000)
    guests = parser.parse_args().guests
    with tempfile.TemporaryDirectory() as folder:
        bench = cpu.Bench(*io.snapshot(Path(folder), guests), guests)
    shown = view_of(cpu.undrifted_run(bench))
    data = files.compact(shown.stamped(resources(shown)))
    packed = len(gzip.compress(data, 9, mtime=0))
    print(f"/v1/index/resources: {len(shown.entries):,} rows, {len(data):,} bytes, {packed:,} compressed")
    return 1 if packed > BUDGET * guests / 2000 else 0


if __name__ == "__main__":
    raise SystemExit(main())
