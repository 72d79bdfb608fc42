"""Serving: a supervisor that runs the web server and the jobs as two child processes.

Both are forked from one process that has imported everything, so that they share its memory.
"""

import asyncio
import ctypes
import gc
import os
import resource
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Protocol, cast
from wsgiref.types import WSGIApplication

from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from forum.gateway import Gateway
from forum.page_cache import page_cache_of
from forum.sockets import BACKLOG, notify, stop_accepting

# Ctrl-C and a closing terminal signal every process. Only the supervisor reacts, and then signals its children.
SUPERVISED_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
WEB_SIGNALS = {signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD}
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
JOBS_SIGNALS = {signal.SIGTERM, signal.SIGCHLD}
RESTART_DELAY = 2  # seconds before a child that ended is started again
MAX_RESTARTS = 5  # of the web server in a minute; more than that has a cause that a restart does not mend
GRACE_PERIOD = 15  # seconds that a child has to finish its work
HEAD_TIMEOUT_MS = 15_000  # in which the head of a request must arrive
MAX_HEAD = 64 * 1024  # bytes
MAX_CONNECTIONS = 2000  # of one worker; slow ones cost a few kilobytes each
ARRIVAL_TIME = 0.2  # seconds that a worker waits for the requests of the connections that it has just taken
OTHER_FILES = 200  # that a worker may have open beside its connections
M_ARENA_MAX = -8  # from malloc.h
PR_SET_PDEATHSIG = 1  # from linux/prctl.h


class WebServer(Protocol):
    """A web server that has not started yet."""

    def serve(self) -> None:
        """Run until a signal stops it."""


class _Server(Granian):  # type: ignore[valid-type]
    """Granian, with one listening socket for all its workers and a gateway around the application in each."""

    app: WSGIApplication
    listener: socket.socket

    def serve(self) -> None:
        """Run until a signal stops it."""
        _raise_file_limit()
        super().serve(target_loader=self._load_worker)

    def _load_worker(self, target: str) -> "_Worker":
        worker = _Worker(self.app, self.listener)
        notify("READY=1")
        return worker

    # Granian would open a socket for each worker: what waits in its queue is lost when the worker ends.
    def _init_shared_socket(self) -> None:
        self._sso = self.listener.dup()
        self._shd = SocketHolder(os.dup(self.listener.fileno()), False, BACKLOG)  # type: ignore[call-arg] # its stub is older
        self._sfd = self._shd.get_fd()

    # Granian's own handler sets the event that the interrupted main thread may be locking: they wait for ever.
    def signal_handler_interrupt(self, *args: object, **kwargs: object) -> None:
        """Stop the main loop, from another thread."""
        self.interrupt_signal = True
        threading.Thread(target=self.main_loop_interrupt.set).start()


def web_server(app: WSGIApplication, listener: socket.socket, *, workers: int) -> WebServer:
    """Return the web server for an application that listens on a socket."""
    host, port = listener.getsockname()[:2]
    server = _Server(
        "the application",  # loaded already; its workers are forked
        interface=Interfaces.RSGI,
        address=host,
        port=port,
        workers=workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEAD_TIMEOUT_MS, max_buffer_size=MAX_HEAD),
        backlog=BACKLOG,
        backpressure=MAX_CONNECTIONS,
        workers_kill_timeout=GRACE_PERIOD - 5,
        websockets=False,
        log_access=False,
        respawn_failed_workers=True,
    )
    server.app, server.listener = app, listener
    return cast(WebServer, server)


class _Worker(Gateway):
    """The gateway of a worker, which takes no connection any more before it stops."""

    def __init__(self, app: WSGIApplication, listener: socket.socket) -> None:
        super().__init__(app, page_cache_of(app))
        self.listener = listener

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Set the handler of SIGTERM; that of SIGINT stays the web server's."""
        loop.add_signal_handler(signal.SIGTERM, self._finish, loop)

    # The web server would close a connection that it took a moment ago, and whose request has not arrived.
    def _finish(self, loop: asyncio.AbstractEventLoop) -> None:
        stop_accepting(self.listener)
        loop.call_later(ARRIVAL_TIME, _interrupt)


def _interrupt() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.raise_signal(signal.SIGINT)


def _raise_file_limit() -> None:
    """Let this process and its workers open as many files as they may have connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = MAX_CONNECTIONS + OTHER_FILES
    limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


def _prepare_memory() -> None:
    share_heap()
    gc.collect()
    gc.freeze()  # memory that the collector leaves alone stays shared


def share_heap() -> None:
    """Let all threads of this process and its children allocate from one heap: what one frees, another can use."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(M_ARENA_MAX, 1)


def trim_heap() -> None:
    """Give the system back what is free in the heap of this process."""
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


def run_in_child(task: Callable[[], object]) -> bool:
    """Run a task in a child process, which frees its memory, and return whether it succeeded."""
    return os.waitstatus_to_exitcode(os.waitpid(_fork(task, SUPERVISED_SIGNALS), 0)[1]) == 0


def supervise(web: Callable[[], object], jobs: Callable[[], object] | None) -> int:
    """Run the web server, and the jobs if they are given, until SIGINT or SIGTERM, and return the exit code.

    What ends is started again, but not a web server that ends again and again. SIGHUP makes the web server replace
    its workers, unless it comes from a closing terminal, which ends everything.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, SUPERVISED_SIGNALS)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # an ignored signal would never be delivered
    _prepare_memory()
    tasks = {"web server": (_with_dying_children(web), WEB_SIGNALS)}
    tasks |= {"job process": (jobs, JOBS_SIGNALS)} if jobs is not None else {}
    children = {name: _fork(*task) for name, task in tasks.items()}
    web_ends: list[float] = []
    try:
        while True:
            received = signal.sigwait(SUPERVISED_SIGNALS)
            if received == signal.SIGHUP and not os.isatty(0):
                os.kill(children["web server"], signal.SIGHUP)
            elif received != signal.SIGCHLD:
                return 0
            ended = _reap()
            for name in [name for name, child in children.items() if child in ended]:
                del children[name]
                web_ends += [time.monotonic()] if name == "web server" else []
                if len([moment for moment in web_ends if time.monotonic() - moment < 60]) > MAX_RESTARTS:
                    return 1
                print(f"The {name} stopped; starting it again.", file=sys.stderr, flush=True)
                children[name] = _fork(*tasks[name], delay=RESTART_DELAY)
    finally:
        _stop(set(children.values()))


def _fork(task: Callable[[], object], signals: set[signal.Signals], delay: float = 0) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
        time.sleep(delay)
        task()
        code = 0
    except KeyboardInterrupt:
        pass
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _with_dying_children(web: Callable[[], object]) -> Callable[[], object]:
    """Return the task, changed so that the web server's own children don't outlive it.

    A child inherits the server's handlers, which would swallow a signal until the worker has set its own: a worker
    that is still starting ends at once instead.
    """

    def run() -> None:
        server = os.getpid()

        def begin_child() -> None:
            for number in STOPPING_SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            _die_with(server)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

        os.register_at_fork(
            before=lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
            after_in_parent=lambda: signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM}),
            after_in_child=begin_child,
        )
        web()

    return run


def _die_with(parent: int) -> None:
    """Stop this process when its parent ends, even by SIGKILL, so that no orphan keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def _reap() -> set[int]:
    """Return the children that have ended."""
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
    """Ask each child to finish, and kill those that don't within GRACE_PERIOD."""
    running = children - _reap()
    for child in running:
        os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_PERIOD
    while running and time.monotonic() < deadline:
        running -= _reap()
        time.sleep(0.02)
    for child in running:
        print(f"Process {child} did not stop within {GRACE_PERIOD} seconds; killing it.", file=sys.stderr, flush=True)
        os.kill(child, signal.SIGKILL)
