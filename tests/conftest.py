"""What holds for every test."""

import os
import signal
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

from tests.left_open import LeftOpen
from tests.measured import pytest_addoption, pytest_collection_modifyitems

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_configure"]

settings.register_profile(
    "shared", deadline=None
)  # other jobs share these cores; each test has its time limit
settings.load_profile("shared")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(LeftOpen())
    _forget_who_runs_them(os.environ)
    if not hasattr(config, "workerinput"):
        _compile_once(config)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts its jobs; programs inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _compile_once(config: pytest.Config) -> None:
    """Have the programs that tests start compile our modules once, also where the environment forbids it."""
    compiled = TemporaryDirectory(prefix="compiled-")
    config.add_cleanup(compiled.cleanup)
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled.name}


def _forget_who_runs_them(environment: "os._Environ[str]") -> None:
    """No configuration or hook of git, no workflow around the tests, no colours or width of a terminal."""
    for name in list(environment):
        runner = name.startswith(("GIT_", "GITHUB_", "GITEA_", "FORGEJO_"))
        if runner or name in {"NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES"}:
            del environment[name]
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
