"""Progress follows where standard error goes, and who reads it."""

import sys

import pytest

from reconciler.cli import progress
from tests.report.test_text import Terminal


@pytest.mark.parametrize(
    ("terminal", "ci", "shown"),
    [
        (True, None, progress.Bars),
        (True, "false", progress.Bars),
        (True, "", progress.Bars),
        (True, "true", progress.Lines),
        (True, "1", progress.Lines),
        (False, None, progress.Lines),
    ],
)
def test_bars_are_for_people_at_a_terminal_and_never_for_ci(monkeypatch, terminal, ci, shown):
    file = Terminal()
    file.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", file)
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with progress.show(as_json=False) as made:
        assert isinstance(made, shown)
        made.step("reading")
    if shown is progress.Lines:
        assert file.getvalue() == "reading\n"
