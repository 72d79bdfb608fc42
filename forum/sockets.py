"""The socket that the site listens on, its own or systemd's, and the message to systemd that the site is ready.

sd_listen_fds(3) and sd_notify(3) describe both protocols.
"""

import errno
import os
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

FIRST_INHERITED = 3  # the descriptor of the first socket that systemd hands over
BACKLOG = 2048  # connections that may wait while nobody takes them, such as during a restart
RELEASE_TIMEOUT = 15  # seconds in which a server that is stopping lets go of an address


class CannotListen(Exception):
    """Nobody can listen at the address; the message says why."""


def open_listener(host: str, port: int) -> socket.socket:
    """Return the listening socket that systemd has handed over, or else a new one. Raises CannotListen."""
    listener = inherited_listener() or _wait_for_address(host, port)
    listener.setblocking(False)
    listener.set_inheritable(False)
    return listener


def inherited_listener() -> socket.socket | None:
    """Return the socket that systemd has handed over, or None. The programs that this one starts don't look for it."""
    process, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if process != str(os.getpid()) or count in ("", "0"):
        return None
    if count != "1":
        raise CannotListen(f"systemd has handed over {count} sockets. The socket unit needs exactly one ListenStream.")
    listener = socket.socket(fileno=FIRST_INHERITED)
    if listener.family not in (socket.AF_INET, socket.AF_INET6):
        listener.close()
        raise CannotListen("systemd has handed over a path. ListenStream needs an address and a port.")
    return listener


def stop_accepting(listener: socket.socket) -> None:
    """Take no more connections in this process, whose web server has its own descriptor of this socket.

    Each descriptor gets a socket that nobody connects to, so that what waits in the queue is left to other processes.
    """
    if sys.platform == "linux":
        inode = os.fstat(listener.fileno()).st_ino
        with socket.socket(socket.AF_UNIX) as unused:
            unused.bind("")
            unused.listen()
            unused.setblocking(False)
            for descriptor in [int(path.name) for path in Path("/proc/self/fd").iterdir()]:
                with suppress(OSError):
                    if os.fstat(descriptor).st_ino == inode:
                        os.dup2(unused.fileno(), descriptor)


def notify(state: str) -> None:
    """Tell systemd about the state of this service, such as "READY=1"; does nothing where nobody listens."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address:
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as messenger:
            messenger.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)


def _wait_for_address(host: str, port: int) -> socket.socket:
    """Listen at an address, once a server that is stopping has let go of it."""
    deadline = time.monotonic() + RELEASE_TIMEOUT
    while True:
        try:
            return _listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                reason = (error.strerror or str(error)).lower()
                raise CannotListen(f"Cannot listen at {host}, port {port}: {reason}.") from None
        time.sleep(0.1)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        # The lingering connections of a server that has just stopped don't matter.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
