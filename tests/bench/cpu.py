"""Steps that cost CPU alone: desired state, validation, compare, canonical JSON, publish."""

import gc
import random
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from reconciler import files
from reconciler.config.file import Config
from reconciler.config.settings import CapacitySettings
from reconciler.desired import adopt, load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.jobs.publish import publish
from reconciler.kinds import kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Snapshot, snapshot_document
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel
from tests.bench.join import joined, modelled
from tests.bench.measure import FULL, Ratio, median


@dataclass
class Bench:
    """What the steps work on: one snapshot, its JSON, the desired state of it."""

    config: Config
    snapshot: Snapshot
    guests: int

    def __post_init__(self) -> None:
        self.kinds = kinds_of(self.config)
        self.site = carry_forward(self.snapshot, None, self.kinds)
        rows = dict(self.site.config)
        self.data = files.canonical(snapshot_document(self.snapshot.run, self.snapshot.scopes, rows))
        self.rows = rows
        self.loads = _quiet_median(lambda: orjson.loads(self.data))
        listed = {(scope.source, scope.kind) for scope in self.snapshot.scopes}
        texts = adopt.adopt(rows, self.kinds, listed).files
        self.tree = {name: text.encode() for name, text in texts.items()}

    def ratio(
        self, step: str, seconds: float, budget: float, floor: float | None = None, unit: str = "L"
    ) -> Ratio:
        return Ratio(step, self.guests, seconds, self.loads if floor is None else floor, budget, unit)


def _quiet_median(function: Callable[[], object]) -> float:
    """As the steps are measured: without the cyclic collector."""
    gc.collect()
    gc.disable()
    try:
        return median(function)
    finally:
        gc.enable()


def steps(bench: Bench) -> Iterator[Ratio]:
    """Every CPU budget in the order of the flow."""
    gc.collect()
    gc.disable()
    try:
        yield from _desired(bench)
        yield from _values(bench)
        yield from _compare(bench)
        yield from _join(bench)
        yield from _publish(bench)
    finally:
        gc.enable()


def _desired(bench: Bench) -> Iterator[Ratio]:
    took = median(lambda: load.load(bench.tree, bench.kinds, directory="desired-state"), repeat=3)
    yield bench.ratio("desired state: YAML to declared fields", took, 18)


def _values(bench: Bench) -> Iterator[Ratio]:
    kind = bench.kinds["pve"]["guest"]
    guests = files.canonical({key.id: row for key, row in bench.rows.items() if key.kind == "guest"})
    yield bench.ratio(
        "validate: recorded guests to resources", median(lambda: kind.adapter.validate_json(guests)), 3.5
    )
    document = snapshot_document(bench.snapshot.run, bench.snapshot.scopes, bench.rows)
    yield bench.ratio("canonical snapshot", median(lambda: files.canonical(document)), 0.6)


def _changed(bench: Bench, share: float) -> DesiredState:
    """The desired state with the memory of some guests other than it is."""
    desired = undrifted(bench)
    if not share:
        return desired
    resources = dict(desired.resources)
    guests = [key for key in resources if key.kind == "guest"]
    for key in random.Random(1).sample(guests, max(1, int(len(guests) * share))):
        declared = resources[key]
        filled = {**declared.filled, "memory": 1} if declared.filled is not None else None
        resources[key] = replace(declared, fields={**declared.fields, "memory": 1}, filled=filled)
    return replace(desired, resources=resources)


def undrifted(bench: Bench) -> DesiredState:
    """The desired state that the site was written from."""
    return load.load(bench.tree, bench.kinds, directory="desired-state")


def _compare(bench: Bench) -> Iterator[Ratio]:
    settings = bench.config.settings.drift
    for share, budget in ((0.0, 2.5), (0.01, 2.5), (0.1, 3.5)):
        desired = _changed(bench, share)
        took = median(partial(compare, bench.site, desired, None, settings, bench.kinds))
        yield bench.ratio(f"compare, {share:.0%} changed", took, budget)
        if bench.guests >= FULL:
            site, part = _tenth(bench, desired)
            tenth = median(partial(compare, site, part, None, settings, bench.kinds))
            yield bench.ratio(f"compare, {share:.0%} changed: to a tenth", took, 10, tenth, "times")


def _tenth(bench: Bench, desired: DesiredState) -> tuple[Inventory, DesiredState]:
    """Every tenth resource, as live and as declared."""
    keys = sorted(desired.resources)[::10]
    site = replace(bench.site, config={key: bench.site.config[key] for key in keys})
    return site, replace(desired, resources={key: desired.resources[key] for key in keys})


def _join(bench: Bench) -> Iterator[Ratio]:
    site = joined(bench.site)
    yield bench.ratio(
        "site model, two clients a guest, and rules", median(partial(modelled, site), repeat=3), 5
    )


def _publish(bench: Bench) -> Iterator[Ratio]:
    """A second publish with 1 % of the guests changed; the floor is writing its run-stamped documents.

    It is that of a run, which has made the site model for its rules by then; that step has its own budget.
    """
    recorded = undrifted_run(bench)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "public"
        for number in range(4):  # the steady state: releases are kept and pruned
            publish(_one_percent(bench, recorded, number), target, 2)
        stamped = _run_stamped(target)
        floor = median(lambda: _write(stamped, Path(folder) / "floor"), repeat=3)
        runs = [_one_percent(bench, recorded, number) for number in range(4, 7)]
        ready = iter([(run, _evaluated(run)) for run in runs])
        took = median(lambda: _publish_run(*next(ready), target), repeat=3)
        budget = 4 * bench.loads + 2.5 * floor
        yield bench.ratio("publish, 1% changed: of 4 L + 2.5 floors", took, 1, budget, "budgets")


def _evaluated(recorded: Recorded) -> SiteModel:
    """Return the site model of a run as its rules leave it."""
    model = SiteModel(recorded.inventory, CapacitySettings())
    evaluate_rules(model)
    return model


def _publish_run(recorded: Recorded, model: SiteModel, target: Path) -> None:
    publish(recorded, target, 2, model=model)


def undrifted_run(bench: Bench) -> Recorded:
    """A run in which everything is as declared."""
    desired = _changed(bench, 0.0)
    return Recorded(
        compare(bench.site, desired, None, bench.config.settings.drift, bench.kinds), bench.site, {}
    )


def _one_percent(bench: Bench, recorded: Recorded, number: int) -> Recorded:
    """A later run in which the memory of some guests is another."""
    rows: dict[Key, Any] = dict(recorded.inventory.config)
    guests = sorted(key for key in rows if key.kind == "guest")
    for key in random.Random(2).sample(guests, max(1, len(guests) // 100)):
        rows[key] = {**rows[key], "memory": 100 + number}
    moment = bench.snapshot.run.collected_at + timedelta(minutes=number)
    facts = {"collected_at": moment, "id": f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"}
    run = recorded.report.run.model_copy(update=facts)
    inventory = replace(recorded.inventory, run=run, config=rows)
    return Recorded(recorded.report.model_copy(update={"run": run}), inventory, recorded.changed_at)


def _run_stamped(target: Path) -> dict[str, bytes]:
    v1 = target / "current" / "v1"
    return {
        str(path.relative_to(v1)): path.read_bytes()
        for path in v1.rglob("*.json")
        if len(path.relative_to(v1).parts) < 4
    }


def _write(documents: dict[str, bytes], directory: Path) -> None:
    """Writing and compressing the bytes of documents, and nothing else."""
    for name, data in documents.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        compressor = zlib.compressobj(5, zlib.DEFLATED, 31)
        path.with_suffix(".json.gz").write_bytes(compressor.compress(data) + compressor.flush())
