"""docs/watching.md: every example is read as what it is, and the metrics are those of a run."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reconciler.config.settings import FileSettings
from reconciler.config.watch import HeartbeatSettings
from reconciler.watch.ending import Ending
from reconciler.watch.metrics import EndedRun, render
from reconciler.watch.server_version import OLDEST
from tests.docs.generate import DOCS
from tests.report import samples

TEXT = (DOCS / "watching.md").read_text()
BLOCKS = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
]
CONFIGS = [block for block in BLOCKS if "groups" not in block]
(RULES,) = [block["groups"][0]["rules"] for block in BLOCKS if "groups" in block]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def families():
    ending = Ending(0, samples.believable(), recorded=True, published=True)
    text = render(EndedRun("lan-main", timedelta(minutes=15), NOW, 1, ending), {}).decode()
    return list(text_string_to_metric_families(text))


@pytest.mark.parametrize("config", CONFIGS, ids=str)
def test_examples_of_the_configuration_are_valid(config):
    assert config.keys() <= {"heartbeat", "metrics"}
    source = {"name": "pve", "type": "proxmox"}
    settings = FileSettings.model_validate({"site": "x", "sources": [source], **config})
    assert settings.heartbeat.url is not None or settings.metrics.file is not None


def test_there_is_an_example_of_each_key():
    assert len(CONFIGS) == 4
    assert {key for config in CONFIGS for key in config} == {"heartbeat", "metrics"}
    shown = {key for config in CONFIGS for key in config.get("heartbeat", ())}
    assert shown <= HeartbeatSettings.model_fields.keys()
    assert "`heartbeat.timeout`" in TEXT


def test_the_metrics_are_those_of_a_run_with_their_labels():
    rows = re.findall(r"^\| (`reconciler_.*?) \| (.*?) ?\|", TEXT, re.MULTILINE)
    listed = {
        name: set(re.findall(r"`(\w+)`", labels))
        for names, labels in rows
        for name in re.findall(r"`(\w+)`", names)
    }
    assert listed == {
        sample.name: sample.labels.keys() - {"site"} for family in families() for sample in family.samples
    }


def test_alert_rules_ask_for_metrics_and_labels_that_exist():
    known = {sample.name: sample.labels for family in families() for sample in family.samples}
    assert len(RULES) == 2
    for rule in RULES:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        used = set(re.findall(r"reconciler_\w+", rule["expr"]))
        assert used <= known.keys()
        assert used
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        assert all(labels <= known[name].keys() for name in used)
        assert rule["expr"].count("(") == rule["expr"].count(")")


def test_numbers_of_the_page_are_those_of_the_code():
    assert "Gitea before {}.{}".format(*OLDEST) in TEXT
    default = HeartbeatSettings().timeout
    assert f"{default.seconds} seconds at most (`heartbeat.timeout`)" in TEXT
