"""Run a private PostgreSQL server with a streaming replica, both on Unix sockets in a temporary folder."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cluster import _memory_folder, _programs, _run, _server_user
from tests.served import eventually

OPTIONS = "-c listen_addresses='' -c fsync=off -c max_connections=60 -c shared_buffers=32MB -c autovacuum=off"


class Server:
    """One of the two servers."""

    def __init__(self, programs: Path, folder: Path, name: str) -> None:
        self.programs, self.folder, self.data = programs, folder / name, folder / name / "data"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://forum@/{database}?host={self.folder}"

    def run(self, program: str, *arguments: object) -> None:
        _run(_server_user(), [self.programs / program, *arguments])

    def start(self) -> None:
        log = self.folder / "log"
        self.run("pg_ctl", "-D", self.data, "-w", "-l", log, "-o", f"-k {self.folder} {OPTIONS}", "start")

    def stop(self) -> None:
        command = [self.programs / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop"]
        subprocess.run([str(part) for part in command], user=_server_user(), capture_output=True, check=False, cwd="/")

    def execute(self, statement: str, database: str = "postgres") -> Any:
        """Return the first value that a statement gives, if it gives any."""
        url = self.url(database).replace("+psycopg", "")
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchone()[0] if cursor.description else None


class ReplicatedServers:
    """A primary, its replica, and a database in both."""

    def __init__(self, primary: Server, replica: Server) -> None:
        self.primary, self.replica = primary, replica

    def catch_up(self) -> None:
        """Wait until the replica has applied all that the primary has written."""
        written = self.primary.execute("SELECT pg_current_wal_flush_lsn()::text")
        assert eventually(lambda: self.replica.execute(f"SELECT pg_last_wal_replay_lsn() >= '{written}'"), 60)

    def pause(self) -> None:
        """Let the replica apply nothing, as one that lags does."""
        self.catch_up()
        self.replica.execute("SELECT pg_wal_replay_pause()")
        assert eventually(lambda: self.replica.execute("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def resume(self) -> None:
        self.replica.execute("SELECT pg_wal_replay_resume()")
        self.catch_up()


@contextmanager
def running_replica() -> Iterator[ReplicatedServers]:
    """Run a primary and a replica; skip the test without PostgreSQL."""
    if (programs := _programs()) is None:
        pytest.skip("no PostgreSQL, or left out of this run")
    folder = Path(tempfile.mkdtemp(prefix="forum-pg-", dir=_memory_folder()))
    folder.chmod(0o755)
    primary, replica = Server(programs, folder, "primary"), Server(programs, folder, "replica")
    for server in (primary, replica):
        server.folder.mkdir()
        shutil.chown(server.folder, _server_user() or server.folder.owner())
    try:
        locale = ("-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        primary.run("initdb", "-D", primary.data, "-U", "forum", *locale)
        primary.start()
        copy = ("-D", replica.data, "-h", primary.folder, "-U", "forum")
        replica.run("pg_basebackup", *copy, "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        replica.start()
        yield ReplicatedServers(primary, replica)
    finally:
        for server in (replica, primary):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)
