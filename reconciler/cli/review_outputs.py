"""The forms of a review, and the files that it can be written to beside the terminal."""

from datetime import datetime
from pathlib import Path

import click

from reconciler.review.answer import Review

FORMS = ("text", "markdown", "json")


def parse_outputs(values: tuple[str, ...]) -> list[tuple[str, Path]]:
    """Return form and file of each `FORMAT:FILE`; raises `click.BadParameter`."""
    outputs = []
    for value in values:
        form, _, file = value.partition(":")
        if form not in FORMS or not file:
            message = (
                f"--output {value!r} is not of the form FORMAT:FILE with FORMAT one of {', '.join(FORMS)}"
            )
            raise click.BadParameter(message)
        outputs.append((form, Path(file)))
    return outputs


def rendered(review: Review, form: str, now: datetime) -> str:
    """Return a review in one of the forms."""
    if form == "markdown":
        from reconciler.review.markdown import to_markdown

        return to_markdown(review)
    if form == "json":
        from reconciler import files
        from reconciler.model.snapshot import SCHEMA_VERSION

        document = {"schema_version": SCHEMA_VERSION, **review.model_dump(mode="json")}
        return files.canonical(document).decode()
    from reconciler.review.text import to_text

    return to_text(review, now)
