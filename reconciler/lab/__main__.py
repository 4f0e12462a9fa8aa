"""The lab as a process of its own: `python -m reconciler.lab --guests 10000 --latency 5`.

Prints one line of JSON once it listens (`hosts`, `ca_file`, `fingerprint`, `token_id`, `token_secret`; for
`unifi` and `npm`: `url` and `secret`), and ends at the end of its standard input or on SIGTERM: it never
outlives the process that started it.
"""

import argparse
import gc
import json
import signal
import sys
from collections.abc import Sequence
from typing import TextIO

from reconciler.lab.lab import Lab


def main(argv: Sequence[str], *, stdin: TextIO, stdout: TextIO) -> None:
    """Run a lab with these options until `stdin` ends."""
    options = _parser().parse_args(argv)
    with Lab(guests=options.guests, hosts=options.hosts, latency=options.latency / 1000) as lab:
        if options.shuffle is not None:
            lab.quirks.shuffle(options.shuffle)
        gc.freeze()  # ten thousand guests stay for good: no collection needs to walk them
        facts = {
            "hosts": lab.hosts,
            "ca_file": str(lab.ca_file),
            "fingerprint": lab.fingerprint,
            "token_id": lab.token_id,
            "token_secret": lab.token_secret,
            "guests": len(lab.state.guests),
            **{name: {"url": lab.served(name).url, "secret": lab.secrets[name]} for name in ("unifi", "npm")},
        }
        stdout.write(json.dumps(facts) + "\n")
        stdout.flush()
        stdin.read()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reconciler.lab", description="A simulated Proxmox site.")
    parser.add_argument("--guests", type=int, metavar="N", help="grow the site to N guests")
    parser.add_argument(
        "--latency", type=float, default=0.0, metavar="MS", help="milliseconds before each answer"
    )
    parser.add_argument("--hosts", type=int, metavar="N", help="open listeners for the first N nodes only")
    parser.add_argument("--shuffle", type=int, metavar="SEED", help="answer in another surface form")
    return parser


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    main(sys.argv[1:], stdin=sys.stdin, stdout=sys.stdout)
