"""Writes the pages that the code can write itself: `python -m tests.docs.generate`."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner
from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

from reconciler.cli.main import COMMANDS, cli
from reconciler.config.file import FileSettings, Settings
from reconciler.drift.ignore import IgnoreRule
from reconciler.kinds import RULES, SYSTEMS
from reconciler.model.kind import AnyKind, class_of
from reconciler.site import KINDS as SITE_KINDS

DOCS = Path(__file__).parents[2] / "docs"
NOTE = "<!-- Written by `python -m tests.docs.generate` from the code; a test holds it to it. -->\n"
DEMO_OUTPUT = Path(__file__).parents[1] / "golden" / "demo.txt"
INTRODUCTION = """\
Unknown keys are errors. Relative paths start at the top of the repository. A secret is a reference to the
environment, `${NAME}`, resolved when its source connects; a literal one is refused.
"""


def commands() -> str:
    """`docs/commands.md`: the help of every command."""
    helps = [f"## {name}\n\n{_help([name])}" for name in COMMANDS]
    return "\n".join([f"# Commands\n\n{NOTE}", _help([]), *helps])


def _help(arguments: list[str]) -> str:
    result = CliRunner().invoke(cli, [*arguments, "--help"], prog_name="reconciler", terminal_width=100)
    assert result.exit_code == 0, result.output
    return f"```\n{result.output.strip()}\n```\n"


def configuration() -> str:
    """`docs/configuration.md`: every key of `config/reconciler.yaml`."""
    tables = [_table(f"A source of type `{name}`", system.settings) for name, system in SYSTEMS.items()]
    return "\n".join(
        [
            f"# Configuration: `config/reconciler.yaml`\n\n{NOTE}",
            INTRODUCTION,
            _table("The file", FileSettings),
            *tables,
            _table("`config/ignore.yaml`: a list of rules, each with", IgnoreRule),
            f"## Rules\n\n{_rules()}",
        ]
    )


def _table(title: str, model: type[Settings]) -> str:
    rows = ["| key | meaning | default |", "|---|---|---|", *_rows(model, "")]
    return f"## {title}\n\n" + "\n".join(rows) + "\n"


def _rules() -> str:
    """What `drift.severity.rules` may name."""
    rows = [f"| [`{name}`](rules.md#{name}) | `{rule.severity}` |" for name, rule in RULES.items()]
    return "\n".join(["| rule | severity |", "|---|---|", *rows]) + "\n"


def _rows(model: type[Settings], prefix: str) -> list[str]:
    rows = []
    for name, field in model.model_fields.items():
        if (
            isinstance(field.annotation, type)
            and issubclass(field.annotation, Settings)
            and field.is_required()
        ):
            rows += _rows(field.annotation, f"{prefix}{name}.")
            continue
        default = field.get_default(call_default_factory=True)
        if isinstance(default, Settings):
            rows += _rows(type(default), f"{prefix}{name}.")
            continue
        required = default is PydanticUndefined
        shown = "**required**" if required else f"`{_text(model, name, default)}`"
        rows.append(f"| `{prefix}{name}` | {field.description or ''} | {shown} |")
    return rows


def _text(model: type[Settings], name: str, default: Any) -> str:
    if default is None:
        return "null"
    if hasattr(default, "total_seconds"):
        seconds = int(default.total_seconds())
        for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
            if seconds % size == 0:
                return f"{seconds // size}{unit}"
        return f"{seconds}s"
    return str(default).lower() if isinstance(default, bool) else str(default)


def kinds() -> str:
    """`docs/kinds.md`: every kind and its fields."""
    page = [f"# Kinds\n\n{NOTE}\nFields as `reconciler schema <kind>` describes them.\n"]
    for name, all_kinds in (
        *((system.name, system.kinds) for system in SYSTEMS.values()),
        ("site", SITE_KINDS),
    ):
        for kind in all_kinds:
            declarable = "declarable" if kind.declarable else "not declarable"
            route = f"`/v1/inventory/{kind.plural}`, {declarable}."
            read = " ".join((sys.modules[kind.model.__module__].__doc__ or "").split("\n\n", 1)[1].split())
            page.append(f"## {name}: {kind.name}\n\n{_first_line(kind.model)} {route}\n\n{read}\n")
            page.append(_fields(kind.model))
            page += _special_defaults(kind)
    return "\n".join(page)


VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "guest": {
        "a VM": {"type": "qemu", "disks": {"efidisk0": {}, "tpmstate0": {}}},
        "a container": {"type": "lxc", "disks": {"rootfs": {}, "mp0": {}}},
    },
    "storage": {"dir, btrfs": {"type": "dir"}, "cifs, nfs": {"type": "nfs"}},
    "firewall": {"cluster": {}, "node": {"nftables": False}, "guest": {"macfilter": True}},
}
"""Rows whose defaults differ: kind → what they are → as much of a row as its `defaults` looks at."""


def _special_defaults(kind: AnyKind) -> list[str]:
    """The defaults that depend on the row, where the model alone does not have them."""
    rows = []
    for name, row in VARIANTS.get(kind.name, {}).items():
        shown = (f"`{field}: {json.dumps(value)}`" for field, value in _flat(kind.defaults(row)))
        rows.append(f"| {name} | {', '.join(shown)} |")
    head = "**Defaults that depend on what it is**\n\n| of | default |\n|---|---|\n"
    return [head + "\n".join(rows) + "\n"] if rows else []


def _flat(row: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _first_line(model: type[Any]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]


def _fields(model: type[Any]) -> str:
    """The fields of a kind, and of every model inside it."""
    schema = TypeAdapter(model).json_schema(ref_template="{model}")
    classes = {name: class_of(field).value for name, field in model.model_fields.items()}
    rows = ["| field | meaning | type | unit | default | class |", "|---|---|---|---|---|---|"]
    rows += [f"{_cells(name, shape)} {classes[name]} |" for name, shape in schema["properties"].items()]
    models = {name: inner for name, inner in schema.get("$defs", {}).items() if "properties" in inner}
    for name, inner in models.items():
        rows += [
            "",
            f"**{name}**: {_first(inner)}",
            "",
            "| field | meaning | type | unit | default |",
            "|---|---|---|---|---|",
        ]
        rows += [_cells(field, shape) for field, shape in inner["properties"].items()]
    return "\n".join(rows) + "\n"


def _first(shape: dict[str, Any]) -> str:
    return str(shape.get("description", "")).splitlines()[0]


def _cells(name: str, shape: dict[str, Any]) -> str:
    inside = [each for each in shape.get("anyOf", ()) if "description" in each]
    meaning = str(shape.get("description") or (inside[0]["description"] if inside else "")).replace(
        "|", "\\|"
    )
    default = shape.get("default")
    shown = "" if default is None else f"`{json.dumps(default)}`"
    return f"| `{name}` | {meaning} | {_type(shape)} | {_unit(meaning)} | {shown} |"


UNITS = re.compile(r"\b(MiB|KiB/s|MB/s|[Ss]econds|[Mm]inutes|In CPUs)\b")


def _unit(meaning: str) -> str:
    """The unit that the meaning of a field names."""
    found = UNITS.search(meaning)
    return (
        found[1].removeprefix("In ").lower() if found and found[1][0] in "SI" else found[1] if found else ""
    )


def _type(shape: dict[str, Any]) -> str:
    if "$ref" in shape:
        return str(shape["$ref"])
    if "anyOf" in shape:
        return ", ".join(_type(each) for each in shape["anyOf"] if each.get("type") != "null")
    if "enum" in shape:
        return " / ".join(map(str, shape["enum"]))
    if shape.get("type") == "array":
        return f"list of {_type(shape.get('items', {}))}"
    if shape.get("type") == "object" and isinstance(shape.get("additionalProperties"), dict):
        return f"mapping to {_type(shape['additionalProperties'])}"
    return str(shape.get("const", shape.get("type", "")))


def demo_output() -> str:
    """Return what `reconciler demo` prints now, with its scratch folder shortened."""
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo"],
        cwd=DOCS.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    shown = re.sub(r"\S*(reconciler-demo-)\w+", r"/tmp/\1x", done.stdout)
    return "".join(f"{line.rstrip()}\n" for line in shown.strip().splitlines())


PAGES = {"commands.md": commands, "configuration.md": configuration, "kinds.md": kinds}

if __name__ == "__main__":
    for page_name, write in PAGES.items():
        (DOCS / page_name).write_text(write())
        click.echo(f"wrote docs/{page_name}")
    DEMO_OUTPUT.write_text(demo_output())
    click.echo(f"wrote {DEMO_OUTPUT.relative_to(DOCS.parent)}")
