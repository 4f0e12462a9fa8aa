"""`reconciler schema`: JSON Schemas, for editors and for readers of our documents."""

import click


@click.command("schema")
@click.argument("name", required=False)
def command(name: str | None) -> int:
    """Print a JSON Schema: config, desired state, snapshot, report.

    Without NAME, list the names. `desired.guest` is the schema of desired-state/<source>/guest.yaml: in
    an editor with the YAML language server, the first line `# yaml-language-server: $schema=FILE`
    validates desired state while you type.
    """
    from difflib import get_close_matches

    from reconciler import files
    from reconciler.kinds import SYSTEMS
    from reconciler.publish.schemas import schemas
    from reconciler.site import KINDS as SITE_KINDS

    known = schemas(SYSTEMS.values(), SITE_KINDS)
    if name is None:
        for each, schema in known.items():
            click.echo(f"{each:<24} {schema.title}")
        return 0
    if name not in known:
        near = get_close_matches(name, known, n=1)
        message = f"there is no schema {name!r}" + (
            f"; did you mean {near[0]!r}?" if near else "; list them without a name"
        )
        raise click.BadParameter(message, param_hint="NAME")
    click.echo(files.canonical(known[name].document()), nl=False)
    return 0
