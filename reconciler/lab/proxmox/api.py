"""The HTTP side of the simulated cluster: authentication, endpoints, and the envelope around an answer.

By hand: `curl --cacert CA -H 'Authorization: PVEAPIToken=USER@REALM!ID=SECRET' https://HOST/api2/json/version`.
"""

import json
import random
import re
import time
from typing import Any

from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.proxmox.quirks import Quirks
from reconciler.lab.proxmox.request import Request
from reconciler.lab.proxmox.rights import Identity, Rights, authenticate
from reconciler.lab.proxmox.routes import find
from reconciler.lab.state import State
from reconciler.lab.wire import Answer, Call

_PREFIX = "/api2/json/"
_CACHED = ("/config", "/pending")
_GUEST = re.compile(r"nodes/([^/]+)/(qemu|lxc)/([^/]+)/(?:config|pending)")
_FORMS = 8


class Proxmox:
    """The API as a function: `Proxmox(state, quirks)(call)` returns an answer."""

    def __init__(self, state: State, quirks: Quirks) -> None:
        self._state = state
        self._quirks = quirks
        self._rights: dict[Identity, Rights] = {}
        self._readings = random.Random(0)
        self._names = list(state.nodes)

    def __call__(self, call: Call) -> Answer:
        """Answer a call; the state is locked in the meantime."""
        with self._state.lock:
            try:
                return Answer(self._body(call))
            except ApiError as problem:
                return _error(problem)

    def _body(self, call: Call) -> bytes:
        if call.method == "HEAD":
            raise ApiError(501, "method 'HEAD' not available", empty=True)
        rights = self._identify(call)
        if call.method != "GET":
            raise ApiError(403, "Permission check failed (/, Sys.Modify)")
        if not call.path.startswith(_PREFIX):
            raise ApiError(501, f"Method 'GET {call.path}' not implemented")
        path = call.path.removeprefix(_PREFIX)
        local = self._names[call.host % len(self._names)]
        request = Request(self._state, rights, call.query, local, self._readings)
        if path.endswith(_CACHED):
            return self._cached(request, path)
        return self._envelope(find(request, path), path)

    def _identify(self, call: Call) -> Rights:
        identity = authenticate(self._state, call.headers.get("Authorization"), time.time())
        rights = self._rights.get(identity)
        if rights is None or rights.version != self._state.rights_version:
            rights = self._rights[identity] = Rights(self._state, identity)
        return rights

    def _cached(self, request: Request, path: str) -> bytes:
        """Return a guest's configuration, cached until it changes: benchmarks request thousands of them."""
        match = _GUEST.fullmatch(path)
        if match is None:
            return self._envelope(find(request, path), path)
        cached = request.guest(*match.groups()).answers
        sees_env = request.rights.has(f"/vms/{match[3]}", "VM.Config.Options")
        form = f"{path} {sorted(request.query.items())} {sees_env} {self._quirks.form}"
        if form not in cached:
            body = self._envelope(find(request, path), path)
            if len(cached) >= _FORMS:
                cached.clear()
            cached[form] = body
        return cached[form]

    def _envelope(self, data: Any, path: str) -> bytes:
        changes = None
        if isinstance(data, tuple):
            data, changes = data
        envelope = {"data": self._quirks.apply(data, path)}
        if changes:
            envelope["changes"] = changes
        return _encode(envelope)


def _error(problem: ApiError) -> Answer:
    if problem.empty:
        body = b""
    elif problem.errors:
        body = _encode({"data": None, "errors": problem.errors})
    else:
        body = b'{"data":null}'
    return Answer(body, problem.status, problem.reason)


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
