"""The bytes of reports are an interface: a change in tests/golden/report is reviewed like code.

`make generate` writes them again.
"""

import os
from pathlib import Path

import pytest

from reconciler.report import document, junit, markdown, text
from tests.report import samples

GOLDEN = Path(__file__).parents[1] / "golden" / "report"
SAMPLES = {
    "believable": samples.believable,
    "hostile": samples.hostile,
    "ignored": samples.ignored,
    "quiet": samples.quiet,
    "unconfigured": samples.unconfigured,
}
FORMATS = {
    "80.txt": lambda report: text.to_text(report, 80).encode(),
    "120.txt": lambda report: text.to_text(report, 120).encode(),
    "full.txt": lambda report: text.to_text(report, 100, full=True).encode(),
    "xml": junit.render,
    "json": document.render,
    "md": lambda report: markdown.render(report).encode(),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_report_looks_as_it_did(sample, form):
    file = GOLDEN / f"{sample}.{form}"
    data = FORMATS[form](SAMPLES[sample]())
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_bytes(data)
    assert data == file.read_bytes(), f"{file.name} differs; run: make generate"


def test_every_golden_file_is_looked_at():
    expected = {f"{sample}.{form}" for sample in SAMPLES for form in FORMATS}
    assert {file.name for file in GOLDEN.iterdir()} == expected


@pytest.mark.parametrize("sample", [*SAMPLES.values(), samples.large])
def test_a_report_survives_json(sample):
    report = sample()
    assert document.parse(document.render(report)) == report
    assert document.render(document.parse(document.render(report))) == document.render(report)
