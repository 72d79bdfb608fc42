"""A light load generator: a few persistent connections, each sending its next request when the last one is answered."""

import multiprocessing
import os
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import chain, cycle, islice
from typing import Any, NamedTuple


class Load(NamedTuple):
    """Seconds per response, size of one response, wrong responses, and the generator's share of a core."""

    seconds: float
    durations: list[float]
    size: int
    wrong: list[str]
    cpu_share: float


class _Line:
    """One connection and the response being received on it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.chunks: list[bytes] = []
        self.missing = -1
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.chunks, self.missing = [], -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bool:
        """Read what has arrived; return whether the response is complete."""
        chunk = self.socket.recv(1 << 18)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self.chunks.append(chunk)
        if self.missing >= 0:
            self.missing -= len(chunk)
            return self.missing <= 0
        if len(self.chunks) > 1:
            self.chunks = [b"".join(self.chunks)]
        head, separator, body = self.chunks[0].partition(b"\r\n\r\n")
        if not separator:
            return False
        length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
        self.missing = int(length or 0) - len(body)
        return self.missing <= 0

    @property
    def status(self) -> int:
        return int(self.chunks[0][9:12])

    @property
    def size(self) -> int:
        return sum(map(len, self.chunks))


def get(path: str, **headers: str) -> bytes:
    """Return the bytes of a GET request."""
    return _request("GET", path, headers, b"")


def post(path: str, body: bytes, **headers: str) -> bytes:
    """Return the bytes of a form submission."""
    return _request("POST", path, {"Content-Type": "application/x-www-form-urlencoded", **headers}, body)


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "User-Agent: bench"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def drive(
    port: int, requests: Sequence[bytes], *, seconds: float, again: bool = True, expect: int = 200, lines: int = 8
) -> Load:
    """Send the requests in turn for some seconds, from a separate process; without `again` each at most once."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    turn = cycle(requests) if again else chain(requests)
    driver = multiprocessing.get_context("fork").Process(
        target=_drive, args=(sender, port, turn, seconds, expect, lines)
    )
    driver.start()
    sender.close()
    load = Load(*receiver.recv())
    driver.join()
    return load


def _drive(answer: Any, port: int, turn: Iterator[bytes], seconds: float, expect: int, lines: int) -> None:
    durations: list[float] = []
    wrong: list[str] = []
    size = 0
    with selectors.DefaultSelector() as waiting:
        for request in islice(turn, lines):
            line = _Line(port)
            waiting.register(line.socket, selectors.EVENT_READ, line)
            line.send(request)
        started = now = time.perf_counter()
        while waiting.get_map() and now < started + seconds:
            for key, _ in waiting.select(timeout=1):
                line = key.data
                if not line.take():
                    continue
                durations.append(time.perf_counter() - line.sent_at)
                size = line.size
                if line.status != expect:
                    wrong.append(b"".join(line.chunks)[:2000].decode(errors="replace"))
                if (request := next(turn, None)) is None:
                    waiting.unregister(line.socket)
                else:
                    line.send(request)
            now = time.perf_counter()
    used = os.times()
    answer.send((now - started, durations, size, wrong[:3], (used.user + used.system) / (now - started)))
