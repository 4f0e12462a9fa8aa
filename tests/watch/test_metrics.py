"""The metrics of a run: as Prometheus and node_exporter read them."""

import os
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler.watch.ending import Ending
from reconciler.watch.metrics import PREFIX, EndedRun, read_moments, render, write_metrics
from tests.report import samples

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
AFTER = NOW + timedelta(hours=1)
REPORTS = {
    "believable": samples.believable,
    "hostile": samples.hostile,
    "ignored": samples.ignored,
    "quiet": samples.quiet,
    "unconfigured": samples.unconfigured,
}
EARLY = Ending(1)


def facts(ending, at=NOW, site="lan-main"):
    return EndedRun(site, timedelta(minutes=15), at, 12.3456, ending)


def done(report, code=0):
    return Ending(code, report, recorded=True, published=True)


def values(data):
    """The samples of a text, by name and labels other than the site."""
    return {
        (
            sample.name.removeprefix(PREFIX),
            *(f"{key}={value}" for key, value in sorted(sample.labels.items()) if key != "site"),
        ): sample.value
        for family in text_string_to_metric_families(data.decode())
        for sample in family.samples
    }


def series(report):
    return values(render(facts(done(report)), {})).keys()


@pytest.mark.parametrize("name", REPORTS)
def test_node_exporter_can_read_it(name):
    text = render(facts(done(REPORTS[name]())), {}).decode()
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    lines = text.splitlines()
    described = {line.split()[2] for line in lines if line.startswith("# HELP ")}
    typed = {line.split()[2] for line in lines if line.startswith("# TYPE ")}
    used = {re.split(r"[{ ]", line)[0] for line in lines if not line.startswith("#")}
    assert described == typed == used
    assert all(each.startswith(PREFIX) for each in used)
    families = list(text_string_to_metric_families(text))
    found = [sample for family in families for sample in family.samples]
    assert all(sample.timestamp is None for sample in found)
    assert all(sample.labels["site"] == "lan-main" for sample in found)
    assert len({(sample.name, *sorted(sample.labels.items())) for sample in found}) == len(found)
    assert all(family.documentation for family in families)


@pytest.mark.parametrize("name", REPORTS)
def test_the_labels_are_known_words(name):
    report = REPORTS[name]()
    known = {"in_sync", "drifted", "missing", "unmanaged", "unverified", "planned", "internal", "rule"}
    known |= {"none", "info", "warning", "error", "healthy", "degraded", "stopped", "unknown"}
    for key in series(report):
        for label in key[1:]:
            name, _, value = label.partition("=")
            assert value in (report.run.sources.keys() if name == "source" else known) or name == "version"


def test_the_number_of_series_does_not_grow_with_the_site():
    assert series(samples.large(5)) == series(samples.large(500)) == series(samples.quiet())
    assert len(series(samples.quiet())) < 70


def test_what_it_counts():
    report = samples.believable()
    found = values(render(facts(done(report, 3)), {}))
    assert found["run_exit_code",] == 3
    assert found["run_duration_seconds",] == 12.346
    assert found["interval_seconds",] == 900
    assert found["last_run_timestamp_seconds",] == NOW.timestamp()
    assert found["last_success_timestamp_seconds",] == 0
    assert found["last_record_timestamp_seconds",] == NOW.timestamp()
    assert found["last_publish_timestamp_seconds",] == NOW.timestamp()
    assert found["incomplete",] == 1
    assert (found["source_up", "source=hall"], found["source_up", "source=barn"]) == (1, 0)
    assert (found["source_complete", "source=hall"], found["source_complete", "source=barn"]) == (0, 0)
    barn = report.run.sources["barn"].last_success
    assert barn is not None
    assert found["source_last_success_timestamp_seconds", "source=barn"] == barn.timestamp()
    findings = {key: value for key, value in found.items() if key[0] == "findings"}
    assert sum(findings.values()) == len(report.active) > 5
    assert len(findings) == 21
    for severity, count in report.summary.findings.items():
        assert count == sum(value for key, value in findings.items() if f"severity={severity}" in key)
    assert sum(value for key, value in found.items() if key[0] == "resources") == (
        sum(report.summary.verdicts.values()) + report.summary.inventory
    )
    assert {key[1]: value for key, value in found.items() if key[0] == "causes"} == {
        f"severity={severity}": report.summary.causes.get(severity, 0)
        for severity in ("info", "warning", "error")
    }


def test_a_run_that_fails_early_keeps_the_moments_and_no_count(tmp_path):
    file = tmp_path / "reconciler.prom"
    report = samples.believable()
    assert write_metrics(file, facts(done(report, 2))) is None
    before = values(file.read_bytes())
    assert write_metrics(file, facts(EARLY, AFTER)) is None
    after = values(file.read_bytes())
    kept = {
        *(
            (f"last_{what}_timestamp_seconds",)
            for what in (
                "success",
                "record",
                "publish",
            )
        ),
        *(("source_last_success_timestamp_seconds", f"source={name}") for name in report.run.sources),
    }
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    assert before["last_success_timestamp_seconds",] == NOW.timestamp()
    assert after["last_run_timestamp_seconds",] == AFTER.timestamp()
    assert after["run_exit_code",] == 1
    assert not {"findings", "causes", "resources", "source_up"} & {key[0] for key in after}


def test_a_run_that_could_not_publish(tmp_path):
    file = tmp_path / "reconciler.prom"
    assert write_metrics(file, facts(done(samples.quiet()))) is None
    ending = replace(done(samples.quiet(), 1), published=False)
    assert write_metrics(file, facts(ending, AFTER)) is None
    after = values(file.read_bytes())
    assert after["last_record_timestamp_seconds",] == AFTER.timestamp()
    assert after["last_publish_timestamp_seconds",] == after["last_success_timestamp_seconds",]
    assert after["last_success_timestamp_seconds",] == NOW.timestamp()


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o777])
def test_another_user_can_read_it_and_nothing_is_left_beside_it(tmp_path, umask):
    file = tmp_path / "reconciler.prom"
    before = os.umask(umask)
    try:
        assert write_metrics(file, facts(EARLY)) is None
        assert write_metrics(file, facts(EARLY)) is None
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["reconciler.prom"]


def test_a_reader_never_sees_half_a_file(tmp_path):
    file = tmp_path / "reconciler.prom"
    write_metrics(file, facts(EARLY))
    with file.open("rb") as reader:
        old = file.read_bytes()
        write_metrics(file, facts(done(samples.quiet()), AFTER))
        assert reader.read() == old
    assert file.read_bytes() != old


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"reconciler_last_success_timestamp_seconds{",
        b'reconciler_last_success_timestamp_seconds{site="lan-main"} x\n',
        b"# TYPE reconciler_last_success_timestamp_seconds gauge\nx y z w\n",
        b'reconciler_last_success_timestamp_seconds{site="other"} 5\n',
        b"reconciler_last_success_timestamp_seconds 5\n",
    ],
)  # fmt: skip
def test_a_file_that_is_not_ours_has_no_moments_and_is_replaced(tmp_path, content):
    file = tmp_path / "reconciler.prom"
    file.write_bytes(content)
    assert read_moments(file, "lan-main") == {}
    assert write_metrics(file, facts(EARLY)) is None
    assert values(file.read_bytes())["last_success_timestamp_seconds",] == 0


def test_names_of_sites_are_escaped_and_read_again(tmp_path):
    file, site = tmp_path / "reconciler.prom", 'a"b\\c\nd {é}'
    write_metrics(file, facts(done(samples.quiet()), site=site))
    assert read_moments(file, site)["last_success_timestamp_seconds", ""] == NOW.timestamp()


def test_a_folder_that_is_missing_is_not_made(tmp_path):
    problem = write_metrics(tmp_path / "no" / "x.prom", facts(EARLY))
    assert problem is not None
    assert str(problem) == (
        f"metrics.file: the folder {tmp_path}/no does not exist; "
        "make it, or set metrics.file to the folder of --collector.textfile.directory"
    )
    assert not (tmp_path / "no").exists()


def test_a_file_that_cannot_be_written_is_a_problem(tmp_path):
    (tmp_path / "x.prom").mkdir()
    problem = write_metrics(tmp_path / "x.prom", facts(EARLY))
    assert problem is not None
    assert problem.what == f"{tmp_path}/x.prom cannot be written (Is a directory)"
    assert [path.name for path in tmp_path.iterdir()] == ["x.prom"]
