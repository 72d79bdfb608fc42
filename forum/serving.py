"""Serving: the web server and the jobs as two processes that live and die with the one that started them.

All are forked from one process that has imported everything, so that they share its memory.
"""

import ctypes
import gc
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

from granian import Granian
from granian.constants import Interfaces

# Ctrl-C and a closing terminal reach every process. Only the first one minds them: it tells the others what to do.
SUPERVISED_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
WEB_SIGNALS = {signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
JOBS_SIGNALS = {signal.SIGTERM, signal.SIGCHLD}
RESTART_DELAY = 2  # seconds before a part that ended is started again
GRACE_PERIOD = 15  # seconds that a part gets to finish what it is doing
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


def web_server(target: str, *, host: str, port: int, workers: int) -> Any:
    """The web server, over the application that "module:factory" makes."""
    return Granian(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=workers,
        blocking_threads=1,
        workers_kill_timeout=GRACE_PERIOD - 5,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
    )


def cannot_bind(host: str, port: int) -> str | None:
    """Why nothing can listen at this address, in words, or None."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            # Connections of a server that has just stopped linger, and are in nobody's way.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        return f"Cannot listen at {host}, port {port}: {(problem.strerror or str(problem)).lower()}."
    return None


def run_in_child(part: Callable[[], object]) -> bool:
    """Run it in a process of its own, wait for it, and say whether it ended well. What it used up is given back."""
    return os.waitstatus_to_exitcode(os.waitpid(_fork(part, SUPERVISED_SIGNALS), 0)[1]) == 0


def supervise(web: Callable[[], object], jobs: Callable[[], object]) -> int:
    """Run both until SIGINT or SIGTERM comes or the web server ends; jobs that end are started again.

    SIGHUP is passed on to the web server, which then starts its workers anew; when the terminal closes, it ends all.
    Returns the exit code.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED_SIGNALS)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it is not ignored while we wait for it
    gc.collect()
    gc.freeze()  # memory that the collector does not touch stays shared
    server, worker = _fork(_with_its_own(web), WEB_SIGNALS), _fork(jobs, JOBS_SIGNALS)
    try:
        while True:
            got = signal.sigwait(SUPERVISED_SIGNALS)
            if got == signal.SIGHUP and not os.isatty(0):
                os.kill(server, signal.SIGHUP)
            elif got != signal.SIGCHLD:
                return 0
            else:
                ended = _ended()
                if server in ended:
                    return 1
                if worker in ended:
                    print("The jobs process ended; it is started again.", file=sys.stderr, flush=True)
                    worker = _fork(jobs, JOBS_SIGNALS, after=RESTART_DELAY)
    finally:
        _stop({server, worker})


def _fork(part: Callable[[], object], minds: set[signal.Signals], after: float = 0) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, minds)
        time.sleep(after)
        part()
        code = 0
    except KeyboardInterrupt:
        pass
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _with_its_own(web: Callable[[], object]) -> Callable[[], object]:
    """The same, where the processes that the web server starts do not outlive it either."""

    def run() -> None:
        server = os.getpid()
        os.register_at_fork(after_in_child=lambda: _die_with(server))
        web()

    return run


def _die_with(parent: int) -> None:
    """Have this process stopped when its parent goes, even by SIGKILL, so that nothing is left holding the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _ended() -> set[int]:
    ended: set[int] = set()
    while True:
        try:
            child, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if child == 0:
            return ended
        ended.add(child)


def _stop(children: set[int]) -> None:
    """Ask each to finish, and end those that do not."""
    running = children - _ended()
    for child in running:
        os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_PERIOD
    while running and time.monotonic() < deadline:
        running -= _ended()
        time.sleep(0.02)
    for child in running:
        os.kill(child, signal.SIGKILL)
