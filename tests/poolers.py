"""Run pgbouncer in transaction mode in front of the tests' PostgreSQL, to find what a pooler would break."""

import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL

from tests.cluster import _server_user
from tests.served import free_port

# From this version on it keeps the prepared statements of its clients apart.
KEEPS_STATEMENTS = (1, 21)
CONFIGURATION = """
[databases]
* = {server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 1
query_wait_timeout = 15
{prepared}
"""


def program() -> str | None:
    """Return the path of pgbouncer, or None where it is not installed."""
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


def keeps_statements() -> bool:
    """Return whether the installed version keeps prepared statements apart."""
    answer = subprocess.run([str(program()), "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"(\d+)\.(\d+)", answer)
    return version is not None and (int(version[1]), int(version[2])) >= KEEPS_STATEMENTS


@contextmanager
def pooler(database: URL) -> Iterator[str]:
    """Run pgbouncer with a single connection to the server for all clients, and yield the database's address there."""
    port = free_port()
    parts = {"host": database.query.get("host") or database.host, "port": database.port, "user": database.username}
    server = " ".join(f"{name}={value}" for name, value in parts.items() if value)
    prepared = "max_prepared_statements = 200" if keeps_statements() else ""
    with tempfile.TemporaryDirectory(prefix="forum-pgbouncer-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        file.write_text(CONFIGURATION.format(server=server, port=port, prepared=prepared))
        user = _server_user()
        if user:
            shutil.chown(folder, user)
            shutil.chown(file, user)
        process = subprocess.Popen([str(program()), "-q", str(file)], user=user, cwd="/")
        try:
            _wait_for(port, process)
            yield f"postgresql+psycopg://{database.username}@127.0.0.1:{port}/{database.database}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 20
    while True:
        assert process.poll() is None, "pgbouncer ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.05)
