"""Metrics of the last run in the text format of Prometheus, for the textfile collector of node_exporter.

The number of series depends on the sources of the configuration, never on the site: no label holds a name
that comes from an API. Moments are seconds since the Unix epoch, so that they stay true while nothing writes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from reconciler import __version__, files
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.errors import Problem
from reconciler.model.findings import OF_COMPARISON, DriftReport
from reconciler.model.summary import VERDICTS
from reconciler.watch.ending import Ending

PREFIX = "reconciler_"
_TYPES = (*OF_COMPARISON, "internal", "rule")
"""Of findings; those of all rules are counted as one type."""
_HEALTH = ("healthy", "degraded", "stopped", "unknown")
_MAX_BYTES = 2**20
_READABLE = 0o644
"""node_exporter runs as another user, whatever the umask of the job is."""

Labels = Mapping[str, str]
Samples = list[tuple[Labels, float]]


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended, whatever came of it."""

    site: str
    interval: timedelta
    ended_at: datetime
    seconds: float
    ending: Ending


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples; the label `site` is added to each."""

    name: str
    help: str
    samples: Samples


def write_metrics(file: Path, facts: EndedRun) -> Problem | None:
    """Replace the file by the metrics of a run; return why it cannot be written.

    The moments of earlier successes are taken over from the file. Who reads sees the old or the new file.
    """
    if not file.parent.is_dir():
        remedy = "make it, or set metrics.file to the folder of --collector.textfile.directory"
        return Problem("metrics.file", f"the folder {file.parent} does not exist", remedy)
    try:
        data = render(facts, read_moments(file, facts.site))
        beside = files.write_beside(file, data)
        try:
            beside.chmod(_READABLE)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        remedy = "let the user of the job write to that folder"
        return Problem("metrics.file", f"{file} cannot be written ({error.strerror or error})", remedy)
    return None


def read_moments(file: Path, site: str) -> dict[tuple[str, str], float]:
    """Return the moments in a file of an earlier run, by metric and source; none where there is none."""
    found: dict[tuple[str, str], float] = {}
    try:
        text = files.read_regular(file, _MAX_BYTES).decode()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if family.name.endswith("_timestamp_seconds") and sample.labels.get("site") == site:
                    name = family.name.removeprefix(PREFIX)
                    found[name, sample.labels.get("source", "")] = sample.value
    except (OSError, ValueError, KeyError, IndexError):  # the parser raises what its parts raise
        return {}
    return found


def render(facts: EndedRun, earlier: Mapping[tuple[str, str], float]) -> bytes:
    """Return the metrics of a run as text; `earlier` are the moments of the file before."""
    registry = CollectorRegistry()
    for metric in (*_of_run(facts, earlier), *_of_sources(facts, earlier), *_of_report(facts)):
        labels = [*metric.samples[0][0]] if metric.samples else []
        gauge = Gauge(PREFIX + metric.name, metric.help, ["site", *labels], registry=registry)
        for values, number in metric.samples:
            gauge.labels(site=facts.site, **values).set(number)
    return generate_latest(registry)


def _of_run(facts: EndedRun, earlier: Mapping[tuple[str, str], float]) -> Iterator[Metric]:
    ending, now = facts.ending, facts.ended_at.timestamp()

    def last(name: str, what: str, *, reached: bool) -> Metric:
        moment = now if reached else earlier.get((name, ""), 0)
        return Metric(name, f"When {what} last; 0: never", [({}, moment)])

    yield Metric("build_info", "The version of reconciler", [({"version": __version__}, 1)])
    yield Metric("interval_seconds", "Time between two runs, as configured", [({}, _seconds(facts.interval))])
    yield Metric("last_run_timestamp_seconds", "When the last run ended, whatever came of it", [({}, now)])
    yield last("last_success_timestamp_seconds", "a run succeeded", reached=ending.succeeded)
    yield last("last_record_timestamp_seconds", "a run was recorded and pushed", reached=ending.recorded)
    yield last("last_publish_timestamp_seconds", "a run was published", reached=ending.published)
    yield Metric("run_duration_seconds", "How long the last run took", [({}, round(facts.seconds, 3))])
    yield Metric(
        "run_exit_code",
        "Exit code of the last run: 0 in sync, 1 error, 2 drift, 3 incomplete",
        [({}, ending.code)],
    )


def _of_sources(facts: EndedRun, earlier: Mapping[tuple[str, str], float]) -> Iterator[Metric]:
    """Yield how each source was read; of a run without a report, only when each was last read."""
    name, report = "source_last_success_timestamp_seconds", facts.ending.report
    moments = {source: value for (metric, source), value in earlier.items() if metric == name and source}
    sources = report.run.sources if report is not None else {}
    if report is not None:
        moments = {
            each: source.last_success.timestamp() if source.last_success else moments.get(each, 0.0)
            for each, source in sources.items()
        }
        up: Samples = [({"source": each}, source.status != "failed") for each, source in sources.items()]
        whole: Samples = [({"source": each}, source.status == "complete") for each, source in sources.items()]
        yield Metric("source_up", "Whether the last run could read anything of the source", up)
        yield Metric("source_complete", "Whether the last run could read all of the source", whole)
    if moments:
        samples: Samples = [({"source": source}, value) for source, value in moments.items()]
        yield Metric(name, "When anything of the source could last be read; 0: never", samples)


def _of_report(facts: EndedRun) -> Iterator[Metric]:
    """Yield what the last run found; nothing where it ended before that: old counts never look fresh."""
    report = facts.ending.report
    if report is None:
        return
    summary = report.summary
    yield Metric("drifted", "Whether the live state differs from the desired state", [({}, summary.drifted)])
    yield Metric("incomplete", "Whether something could not be verified", [({}, summary.incomplete)])
    yield Metric("findings", "Findings that are not silenced", _findings(report))
    yield _by_severity("causes", "Findings that follow from no other one", summary.causes)
    yield _by_severity("unconfirmed_findings", "Earlier findings that wait for a run", summary.unconfirmed)
    yield Metric("silenced_findings", "Findings that are silenced", [({}, summary.ignored)])
    verdicts: Samples = [({"verdict": each}, summary.verdicts.get(each, 0)) for each in VERDICTS]
    yield Metric("resources", "Resources by verdict", [*verdicts, ({"verdict": "none"}, summary.inventory)])
    health: Samples = [({"health": each}, summary.health.get(each, 0)) for each in _HEALTH]
    yield Metric("resource_health", "Resources by health", health)
    yield Metric("declared_resources", "Declared resources", [({}, summary.declared)])
    yield Metric("verified_resources", "Declared resources that were verified", [({}, summary.verified)])


def _by_severity(name: str, what: str, counts: Mapping[Severity, int]) -> Metric:
    return Metric(name, what, [({"severity": each}, counts.get(each, 0)) for each in SEVERITIES])


def _findings(report: DriftReport) -> Samples:
    """Return the count of every type and severity, zeros too: a rule cannot see what is absent."""
    counts = Counter(
        (finding.type if finding.type in _TYPES else "rule", finding.severity) for finding in report.active
    )
    return [
        ({"type": kind, "severity": severity}, counts[kind, severity])
        for kind in _TYPES
        for severity in SEVERITIES
    ]


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
