"""Real TLS servers on loopback: one listener per host of a system, and one API function behind all of them.

Certificates, faults and the counting of requests are here, because all systems share them. By hand:
`curl --cacert CA https://127.0.0.1:PORT/api2/json/version`.
"""

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from email.utils import formatdate
from typing import Any

from aiohttp import web

from reconciler.lab.faults import Fault, Faults
from reconciler.lab.tls import Tls
from reconciler.lab.wire import Answer, Api, Call


class Server:
    """Listeners on 127.0.0.1 that serve one API in their own thread until `stop`."""

    def __init__(self, api: Api, tls: Tls, faults: Faults, *, hosts: int, software: str) -> None:
        self._api = api
        self._tls = tls
        self._faults = faults
        self._software = software
        self.requests: Counter[str] = Counter()
        """`GET /path` → number of requests, whatever the answer was."""
        self.in_flight = [0] * hosts
        self.peak = [0] * hosts
        """The most requests at once, by listener."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"lab {software}", daemon=True)
        self._runners: list[web.ServerRunner] = []
        self._sites: list[web.SockSite | None] = [None] * hosts
        self._ports = [0] * hosts
        self._next: set[asyncio.Task[None]] = set()

    @property
    def hosts(self) -> list[str]:
        """`127.0.0.1:PORT` of each listener; ports stay the same while the lab runs."""
        return [f"127.0.0.1:{port}" for port in self._ports]

    def start(self) -> None:
        """Open every listener."""
        self._thread.start()
        self._run(self._start())

    def stop(self) -> None:
        """Close every listener and connection, and end the thread."""
        try:
            self._run(self._stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=30)
            self._loop.close()

    def close_host(self, host: int) -> None:
        """Refuse connections on one listener, and cut those that are open."""
        self._run(self._close(host))

    def open_host(self, host: int) -> None:
        """Listen again, on the same port."""
        self._run(self._open(host))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait until it is done; called within a request of this server, only begin it."""
        if threading.current_thread() is not self._thread:
            asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)
            return
        task = self._loop.create_task(work)
        self._next.add(task)
        task.add_done_callback(self._next.discard)

    async def _start(self) -> None:
        for host in range(len(self._ports)):
            server = web.Server(self._handler(host), access_log=None, keepalive_timeout=75)
            runner = web.ServerRunner(server, shutdown_timeout=0.1)
            await runner.setup()
            self._runners.append(runner)
            await self._open(host)

    async def _stop(self) -> None:
        for host, runner in enumerate(self._runners):
            await self._close(host)
            await runner.cleanup()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _open(self, host: int) -> None:
        if self._sites[host] is not None:
            return
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", self._ports[host]))
        self._ports[host] = sock.getsockname()[1]
        site = web.SockSite(self._runners[host], sock, ssl_context=self._tls.context, backlog=512)
        await site.start()
        self._sites[host] = site

    async def _close(self, host: int) -> None:
        site = self._sites[host]
        if site is None:
            return
        self._sites[host] = None
        await site.stop()
        server = self._runners[host].server
        for connection in server.connections if server else ():
            if connection.transport is not None:
                connection.transport.abort()

    def _handler(self, host: int) -> Any:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            path = request.rel_url.raw_path
            self.requests[f"{request.method} {path}"] += 1
            self.in_flight[host] += 1
            self.peak[host] = max(self.peak[host], self.in_flight[host])
            try:
                return await self._respond(request, path, host)
            finally:
                self.in_flight[host] -= 1

        return handle

    async def _respond(self, request: web.BaseRequest, path: str, host: int) -> web.StreamResponse:
        faults = self._faults
        if faults.latency:
            await asyncio.sleep(faults.latency)
        if faults.dropped():
            return _abort(request)
        rule = faults.match(path, host)
        if rule is not None and rule.delay:
            await asyncio.sleep(rule.delay)
        if rule is not None and rule.answer is not None:
            answer = rule.answer
        else:
            body = await request.read() if request.method != "GET" else b""
            call = Call(request.method, path, request.query, request.headers, host, request.cookies, body)
            answer = self._api(call)
        if answer.status == 401 and faults.unauthorized_delay:
            await asyncio.sleep(faults.unauthorized_delay)
        return await self._send(request, answer, rule)

    async def _send(self, request: web.BaseRequest, answer: Answer, rule: Fault | None) -> web.StreamResponse:
        if rule is not None and rule.cut:
            return await _send_half(request, answer)
        body = answer.body[: len(answer.body) // 2] if rule is not None and rule.truncate else answer.body
        headers = {
            "Content-Type": answer.content_type,
            "Cache-Control": "max-age=0",
            "Server": self._software,
            "Date": formatdate(time.time() + self._faults.skew, usegmt=True),
        }
        response = web.Response(body=body, status=answer.status, reason=answer.reason, headers=headers)
        for name, value in answer.headers:
            response.headers.add(name, value)
        if answer.status >= 400:
            response.force_close()
        return response


async def _send_half(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": answer.content_type})
    response.content_length = len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


def _abort(request: web.BaseRequest) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
