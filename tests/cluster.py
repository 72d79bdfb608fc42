"""Run a private PostgreSQL for the tests, as an unprivileged user, on a Unix socket in a temporary folder."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import psycopg
import pytest

SERVER_URL = "FORUM_TEST_POSTGRES_URL"  # a running server to use instead: postgresql://user:password@host/database
MIN_FREE_BYTES = 2**31  # bytes
SOCKET_FOLDER = "FORUM_TEST_POSTGRES_SOCKET"  # set by the controller for its workers


def start_for_run(config: pytest.Config) -> None:
    """Start the server in pytest's controller process, unless one is configured or PostgreSQL is not installed."""
    if hasattr(config, "workerinput") or os.environ.get(SERVER_URL) or os.environ.get(SOCKET_FOLDER):
        return
    if (programs := _programs()) is None:
        if os.environ.get("CI") == "true":
            raise pytest.UsageError("PostgreSQL is missing; with CI=true that is a failure.")
        return
    folder = Path(tempfile.mkdtemp(prefix="forum-pg-", dir=_memory_folder()))
    config._forum_cluster = (programs, folder)  # type: ignore[attr-defined]
    user = _server_user()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    _run(user, [programs / "initdb", "-D", data, "-U", "forum", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"])
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"
    options += " -c max_wal_size=256MB -c wal_level=minimal -c max_wal_senders=0 -c jit=off -c autovacuum=off"
    _run(user, [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"])
    os.environ[SOCKET_FOLDER] = str(folder)


def stop_for_run(config: Any) -> None:
    """Stop the server and remove its folder."""
    programs, folder = getattr(config, "_forum_cluster", (None, None))
    if programs is None:
        return
    os.environ.pop(SOCKET_FOLDER, None)
    stop = [programs / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"]
    subprocess.run([str(part) for part in stop], user=_server_user(), capture_output=True, check=False, cwd="/")
    shutil.rmtree(folder, ignore_errors=True)


def database_url(name: str) -> str | None:
    """Create an empty database of this name and return its address, or None without a server."""
    server_url, socket = os.environ.get(SERVER_URL), os.environ.get(SOCKET_FOLDER)
    if not server_url and not socket:
        return None
    server = server_url or f"postgresql://forum@/postgres?host={socket}"
    database = f"forum_test_{name}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')  # type: ignore[call-overload]
        connection.execute(f'CREATE DATABASE "{database}"')  # type: ignore[call-overload]
    _, slash, location = server.partition("://")
    host, _slash, database_part = location.partition("/")
    query = "?" + database_part.partition("?")[2] if "?" in database_part else ""
    return f"postgresql+psycopg{slash}{host}/{database}{query}"


def _memory_folder() -> str | None:
    """Return a folder in memory with enough room, or None: emptying every table for each test touches many files."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > MIN_FREE_BYTES else None


def _programs() -> Path | None:
    initdbs = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4].split(".")[0])
    )
    if initdbs:
        return initdbs[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _server_user() -> str | None:
    """Return the user to run PostgreSQL as, since it refuses to run as root; None when not root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise pytest.UsageError("Running as root, and there is no user 'postgres' or 'nobody' to run PostgreSQL as.")


def _run(user: str | None, command: list[Any]) -> None:
    process = subprocess.run(
        [str(part) for part in command],
        user=user,
        check=False,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if command[0].name == "initdb" else subprocess.DEVNULL,
    )
    if process.returncode:
        raise pytest.UsageError(f"{command[0].name} failed: {(process.stderr or b'').decode()[-500:]}")
