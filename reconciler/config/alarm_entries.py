"""The entries of `alarms:` as settings, with the position of every mistake."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from reconciler.config.alarms import SINKS, Sink
from reconciler.errors import Problem
from reconciler.text import quoted
from reconciler.yamlfile import validation
from reconciler.yamlfile.tree import YamlTree
from reconciler.yamlfile.validation import problem_at


def parse(tree: YamlTree, entries: Sequence[object], found: list[Problem]) -> tuple[Sink, ...]:
    """Return the sinks; the problems of all entries go to `found`."""
    if _without_pulse(tree.value):
        what = (
            "need history.pulse, which keeps what each sink was sent; set it to a branch, such as drift-pulse"
        )
        found.append(problem_at(tree, ("alarms",), what))
    sinks: list[Sink] = []
    names: set[str] = set()
    for index, entry in enumerate(entries):
        at = ("alarms", index)
        if not isinstance(entry, dict):
            continue  # the model of the file reports it
        name = entry.get("name")
        if isinstance(name, str):
            if name in names:
                what = f"{quoted(name)} is also the name of another sink; choose another"
                found.append(problem_at(tree, (*at, "name"), what))
            names.add(name)
        type_ = entry.get("type")
        model = SINKS.get(type_) if isinstance(type_, str) else None
        if model is None:
            found.append(problem_at(tree, (*at, "type"), _unknown(type_)))
            continue
        try:
            sinks.append(model.model_validate(entry))
        except ValidationError as error:
            found += validation.problems(error, tree, model, at)
    return tuple(sinks)


def _without_pulse(file: Mapping[str, object]) -> bool:
    history = file.get("history")
    return isinstance(history, dict) and "pulse" in history and history["pulse"] is None


def _unknown(type_: object) -> str:
    if type_ is None:
        return f"is missing; write one of {', '.join(sorted(SINKS))}"
    given = f", not {quoted(type_)}" if isinstance(type_, str) else ""
    near = validation.did_you_mean(type_, SINKS) if isinstance(type_, str) else ""
    return f"must be one of {', '.join(sorted(SINKS))}{given}{near}"
