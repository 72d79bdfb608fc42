"""Readers and a writer at a steady rate, who opens the thread after each reply to check that the reply is there."""

import multiprocessing
import re
import socket
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from tests.bench import load


class Writing(NamedTuple):
    """How many replies were sent, how many threads lacked theirs afterwards, and wrong answers."""

    reply_count: int
    stale_count: int
    wrong: list[str]


def drive_mixed(
    port: int, requests: Sequence[bytes], forms: Sequence[bytes], *, seconds: float, rate: int
) -> tuple[load.Load, Writing]:
    """Drive readers for some seconds while another process writes `rate` replies a second."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    writer = multiprocessing.get_context("fork").Process(target=_write, args=(sender, port, forms, seconds, rate))
    writer.start()
    sender.close()
    reading = load.drive(port, requests, seconds=seconds)
    writing = Writing(*receiver.recv())
    writer.join()
    return reading, writing


def _write(answer: Any, port: int, forms: Sequence[bytes], seconds: float, rate: int) -> None:
    reply_count, stale_count, wrong = 0, 0, []
    started = time.perf_counter()
    with (
        socket.create_connection(("127.0.0.1", port)) as writer,
        socket.create_connection(("127.0.0.1", port)) as reader,
    ):
        for number, form in enumerate(islice(cycle(forms), int(seconds * rate))):
            time.sleep(max(0.0, started + number / rate - time.perf_counter()))
            if time.perf_counter() > started + seconds:
                break
            head, _ = _exchange(writer, form)
            if not head.startswith(b"HTTP/1.1 302"):
                wrong.append(head.decode(errors="replace"))
                continue
            reply_count += 1
            # A stranger asks for the page of the thread that the writer is led to.
            address = re.search(rb"location: (\S+)", head, re.IGNORECASE)
            assert address is not None
            _, page = _exchange(
                reader, load.get(address[1].decode().split("#")[0].removeprefix(f"http://127.0.0.1:{port}"))
            )
            if _words(form) not in page:
                stale_count += 1
                print(f"\n{address[1].decode()} lacks {_words(form).decode()!r}", file=sys.stderr)
    answer.send((reply_count, stale_count, wrong[:3]))


def _words(form: bytes) -> bytes:
    """Return the words that only this reply has."""
    body = parse_qs(form.partition(b"\r\n\r\n")[2].decode())["body"][0]
    return body[: body.index(",", body.index(",") + 1)].encode()


def _exchange(connection: socket.socket, request: bytes) -> tuple[bytes, bytes]:
    """Send a request, and return the head and the body of its answer."""
    connection.sendall(request)
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(1 << 18)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)[1])  # type: ignore[index]
    while len(body) < length:
        body += connection.recv(1 << 18)
    return head, body
