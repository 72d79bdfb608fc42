"""PostgreSQL's own programs: pg_dump and pg_restore, with the connection of the site."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import IO

from forum.db import db

# psycopg's connection arguments, and the environment variables that give the programs the same: every user of the
# machine can read a command line.
_LIBPQ = {
    "host": "PGHOST",
    "hostaddr": "PGHOSTADDR",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "options": "PGOPTIONS",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def start_program(name: str, arguments: Sequence[str], *, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
    """Start one of the programs. Raises RuntimeError with a message for the admin when it is not installed."""
    program = shutil.which(name)
    if program is None:
        raise RuntimeError(f"{name} is not on the PATH. It comes with PostgreSQL's client programs.")
    return subprocess.Popen(  # noqa: S603 - a program of this machine; no argument comes from a page
        [program, *arguments], env=_environment(), stdout=output, stderr=subprocess.PIPE
    )


def run_program(name: str, arguments: Sequence[str], *, output: IO[bytes] | int = subprocess.DEVNULL) -> None:
    """Run one of the programs to its end. Raises RuntimeError with its last words when it fails."""
    process = start_program(name, arguments, output=output)
    finish_program(name, process)


def finish_program(name: str, process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a program. Raises RuntimeError with its last words when it failed."""
    errors = process.communicate()[1]
    if process.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"{name} failed: {' '.join(lines[-2:]) or f'exit code {process.returncode}'}")


def database_name() -> str:
    """Return the name of the site's database."""
    return str(db.engine.url.database)


def _environment() -> dict[str, str]:
    connection = {}
    if db.engine.dialect.name == "postgresql":
        _, arguments = db.engine.dialect.create_connect_args(db.engine.url)
        connection = {variable: str(arguments[name]) for name, variable in _LIBPQ.items() if arguments.get(name)}
    return {**{name: value for name, value in os.environ.items() if not name.startswith("FORUM_")}, **connection}
