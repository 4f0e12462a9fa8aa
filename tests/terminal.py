"""A shell on a terminal, with answers to the questions that it asks."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from pathlib import Path


def on_a_terminal(
    script: str,
    folder: Path,
    answers: Mapping[str, str],
    *,
    seconds: float = 180,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Run a script in bash on a terminal; return its exit code, and all that was shown.

    `answers` are the ends of questions → what is typed each time one is asked: a line, or a control character
    such as Ctrl-C alone, typed again every five seconds until something happens. `HOME` is a new folder
    beside `folder`, in which git knows who commits.
    """
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text("[user]\n\tname = ann\n\temail = ann@example.org\n")
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    known = {"PATH": path, "HOME": str(home), "GIT_CONFIG_NOSYSTEM": "1", "TERM": "xterm"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", "-ec", script],
        cwd=folder,
        env={**known, **(environment or {})},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_have_the_terminal,  # noqa: PLW1509  nothing else runs in the child
    )
    os.close(theirs)
    shown, asked, ends, typed = b"", 0, time.monotonic() + seconds, b""
    while time.monotonic() < ends:
        if not select.select([ours], [], [], 5)[0]:
            os.write(ours, typed)  # Python does not see a signal between the question and its read
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the last process has closed the terminal
            break
        shown += piece
        new = shown[asked:]
        for question, answer in answers.items():
            if new.rstrip(b" ").endswith(question.encode()):
                os.write(ours, (answer if _is_control(answer) else f"{answer}\n").encode())
                typed, asked = answer.encode() if _is_control(answer) else b"", len(shown)
    os.close(ours)
    return process.wait(30), shown.decode(errors="replace")


def _have_the_terminal() -> None:
    """Make standard input the terminal that sends signals to this session, as where a person sits."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _is_control(answer: str) -> bool:
    return len(answer) == 1 and ord(answer) < 32
