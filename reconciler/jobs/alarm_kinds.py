"""The kinds that sinks of alarms name: a pattern that matches none is a mistake."""

from collections.abc import Iterator

from reconciler.config.file import Config, read
from reconciler.config.kind_pattern import unmatched
from reconciler.errors import Problem
from reconciler.kinds import kinds_of
from reconciler.text import printable
from reconciler.yamlfile.validation import did_you_mean, problem_at


def unknown_kinds(config: Config) -> Iterator[Problem]:
    """Yield a problem for each pattern of a sink that matches no configured source and kind."""
    kinds = kinds_of(config)
    tree = None
    for number, sink in enumerate(config.alarms):
        for pattern, known in unmatched(sink.kinds, kinds):
            tree = tree or read(config.file)[0]
            place = ("alarms", number, "kinds", sink.kinds.index(pattern))
            what = f"{printable(pattern)} matches no configured source and kind{did_you_mean(pattern, known)}"
            yield problem_at(tree, place, what)
