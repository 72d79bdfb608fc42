"""A mail server of our own that can be slow, silent, refuse, or die between a text and its answer."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message

# Called with a stage, "greeting", "recipient" or "text", before the server answers; returns an answer of its own or None.
Behaviour = Callable[[str], bytes | None]
HANG_UP = b""


class MailServer:
    """The server's address, and the mails whose text it has received, answered or not."""

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.url = ""
        self.behaviour: Behaviour = lambda stage: None


@contextmanager
def running_mail_server() -> Iterator[MailServer]:
    """Run a mail server in threads of this process."""
    state = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            _talk(self, state)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        state.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield state
        finally:
            server.shutdown()


def _talk(handler: socketserver.StreamRequestHandler, state: MailServer) -> None:
    def answer(stage: str, usual: bytes) -> bool:
        reply = state.behaviour(stage)
        reply = usual if reply is None else reply
        if reply:
            handler.wfile.write(reply + b"\r\n")
        return bool(reply)

    if not answer("greeting", b"220 ready"):
        return
    while line := handler.rfile.readline():
        command = line.strip().upper()
        if command.startswith(b"RCPT"):
            if not answer("recipient", b"250 yes"):
                return
        elif command == b"DATA":
            handler.wfile.write(b"354 go on\r\n")
            content = _read_text(handler)
            if content is None:
                return
            state.received.append(message_from_bytes(content))
            if not answer("text", b"250 taken"):
                return
        else:
            handler.wfile.write(b"250 fine\r\n")


def _read_text(handler: socketserver.StreamRequestHandler) -> bytes | None:
    """Return a text, or None when the connection ends before the text does: a server doesn't take half a mail."""
    lines = []
    while (line := handler.rfile.readline()) != b".\r\n":
        if not line:
            return None
        lines.append(line)
    return b"".join(lines)
