"""Record one changed run, and say so: `python -m tests.record.one_run ROOT SETTINGS`."""

import sys
from pathlib import Path

from reconciler import record
from reconciler.config.settings import HistorySettings
from tests.record.parts import MARKDOWN, MORE, at, recorded

if __name__ == "__main__":
    repository = record.open_repository(Path(sys.argv[1]))
    settings = HistorySettings.model_validate_json(sys.argv[2])
    previous = record.read(repository, settings)
    written = record.write(repository, settings, recorded(at(1), MORE), previous, MARKDOWN)
    sys.stdout.write(f"recorded {written.reason}\n")
    sys.stdout.flush()
