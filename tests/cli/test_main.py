import subprocess
import sys

import pytest
from click.testing import CliRunner

from reconciler.cli import main as command_line
from reconciler.cli.main import COMMANDS, cli, run
from reconciler.errors import ConfigError, Problem


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_command_says(name):
    command = cli.get_command(cli.make_context("reconciler", ["--help"], resilient_parsing=True), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").splitlines()[0] == COMMANDS[name]


def test_help_lists_every_command_and_imports_none_of_them():
    code = (
        "import sys; from reconciler.cli.main import run; code = run(['--help']); "
        "heavy = {'pydantic', 'yaml', 'git', 'deepdiff', 'urllib3', 'jinja2', 'rich'} & set(sys.modules); "
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["nonsense-of-mine"], "there is no command 'nonsense-of-mine'"),
        (["run", "--nope"], "No such option"),
        (["run", "--output", "pdf:x"], "FORMAT:FILE"),
        (["run", "--accept-missing", "guest"], "is not of the form SOURCE/KIND"),
        (["collect"], "Missing option '--output'"),
        (["schema", "gest"], "did you mean 'guest'?"),
    ],
)
def test_a_wrong_command_line_is_64_and_never_drift(arguments, message, capsys):
    assert run(arguments) == 64
    assert message in capsys.readouterr().err


def test_an_error_is_one_line_per_problem_without_a_traceback(monkeypatch, capsys):
    problems = [Problem("a", "is wrong", "mend it"), Problem("b", "is worse")]
    monkeypatch.setattr(cli, "main", lambda *_, **__: (_ for _ in ()).throw(ConfigError(problems)))
    assert run(["validate"]) == 1
    assert capsys.readouterr().err == "error: a: is wrong; mend it\nerror: b: is worse\n"
    with pytest.raises(ConfigError):
        run(["--debug", "validate"])


def _crash(*_args, **_options):
    raise KeyError("gone")


def test_a_crash_is_one_line_and_1_and_never_drift(monkeypatch, capsys):
    monkeypatch.setattr(cli, "main", _crash)
    assert run(["validate"]) == 1
    assert capsys.readouterr().err.startswith("error: internal: KeyError; run again as `reconciler --debug")
    with pytest.raises(KeyError):
        run(["--debug", "validate"])


def test_ctrl_c_is_130_and_says_that_nothing_is_half_done(monkeypatch, capsys):
    monkeypatch.setattr(cli, "main", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run(["run"]) == command_line.EXIT_INTERRUPTED
    assert "stays as it was" in capsys.readouterr().err


def test_schema_lists_and_prints(capsys):
    assert run(["schema"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert {"config", "snapshot", "drift", "guest", "desired.guest"} <= set(listed)
    for name in listed:
        assert run(["schema", name]) == 0
        assert '"$schema": "https://json-schema.org/draft/2020-12/schema"' in capsys.readouterr().out


def test_the_version(capsys):
    assert CliRunner().invoke(cli, ["--version"]).output.startswith("reconciler, version ")
