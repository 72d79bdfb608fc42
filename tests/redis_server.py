"""A private Redis server for tests that need one."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.served import free_port


class Redis:
    """A private server, which can be stopped, frozen and started again."""

    def __init__(self, program: str, folder: Path) -> None:
        self.command = [program, "--port", str(free_port()), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self.url = f"redis://127.0.0.1:{self.command[2]}/0"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)

    def freeze(self, frozen: bool = True) -> None:
        os.kill(self.process.pid, signal.SIGSTOP if frozen else signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """Run a server, or skip the test where there is none."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no Redis on this machine")
    server = Redis(program, folder)
    try:
        yield server
    finally:
        server.kill()
