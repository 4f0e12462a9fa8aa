"""What the tests themselves rely on: the check for what is left open, modes of files, programs."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.privileges import modes_of_files_count
from tests.processes import program

LEAKING = """
import socket, subprocess, threading

def test_a_socket():
    circle = [socket.create_server(("127.0.0.1", 0))]
    circle.append(circle)

def test_a_process():
    subprocess.Popen(["true"], stdout=subprocess.PIPE)

def test_that_fails():
    listener = socket.create_server(("127.0.0.1", 0))
    raise KeyError("of its own")

def test_a_thread():
    threading.Thread(target=threading.Event().wait, daemon=True, name="for ever").start()

def test_for_the_whole_network():
    with socket.socket() as listener:
        listener.bind(("0.0.0.0", 0))

def test_that_leaves_nothing():
    with socket.create_server(("127.0.0.1", 0)):
        pass

def test_without_a_socket():
    pass
"""

SHARED = """
import pytest, threading

@pytest.fixture(scope="session")
def shared():
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    thread.start()
    yield
    end.set()
    thread.join()
"""


def test_what_is_left_open_fails_the_test_that_opened_it(tmp_path, monkeypatch):
    (tmp_path / "test_leaking.py").write_text(LEAKING)
    (tmp_path / "conftest.py").write_text(
        "from tests import left_open\n"
        "left_open.PATIENCE = 0.1\n"
        "def pytest_configure(config): config.pluginmanager.register(left_open.LeftOpen())\n" + SHARED
    )
    (tmp_path / "test_sharing.py").write_text("def test_with_a_shared_thread(shared): pass\n")
    (tmp_path / "test_using.py").write_text("def test_with_the_same_thread(shared): pass\n")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    options = (
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-W",
        "error",
        "-rA",
        "--tb=line",
        "-c",
        "/dev/null",
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    told = {
        line.partition(" - ")[0]
        for line in done.stdout.splitlines()
        if line.startswith(("ERROR ", "FAILED "))
    }
    assert {line.replace("test_leaking.py::", "") for line in told} == {
        "ERROR test_a_socket",
        "FAILED test_a_process",
        "ERROR test_a_process",
        "FAILED test_that_fails",
        "ERROR test_that_fails",
        "FAILED test_for_the_whole_network",
        "ERROR test_without_a_socket",
    }, done.stdout
    assert "the thread 'for ever' of test_leaking.py::test_a_thread" in done.stdout
    assert "a test listens on '0.0.0.0'" in done.stdout


def test_modes_count_also_for_root(tmp_path):
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    closed = own / "closed"
    closed.write_text("x")
    closed.chmod(0)
    refused: list[bool] = []

    def read() -> None:
        try:
            closed.read_text()
        except PermissionError:
            refused.append(True)

    with modes_of_files_count():
        read()
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(timeout=30)
        (own / "open").write_text("what its owner may")
        with pytest.raises(PermissionError):
            closed.open("a")
    assert refused == [True, True]


@pytest.mark.parametrize(("ci", "outcome"), [(True, pytest.fail.Exception), (False, pytest.skip.Exception)])
def test_a_program_that_is_missing_fails_in_ci_and_skips_on_a_desk(monkeypatch, ci, outcome):
    monkeypatch.setattr("tests.processes.IN_CI", ci)
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)
    with pytest.raises(outcome, match="nginx is not installed: apt-get install nginx-light"):
        program("nginx")
