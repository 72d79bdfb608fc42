"""What jobs and commands cost in a large community, and how long they keep others from writing.

    python -m tests.bench.jobs --folder DIRECTORY             a folder that tests.bench.routes has filled; it is changed
    python -m tests.bench.jobs --folder DIRECTORY digest backup       only these
    python -m tests.bench.jobs --folder DIRECTORY --target URL        also `forum move`, to this empty PostgreSQL database

Each runs in a process of its own, while another process writes a row every few milliseconds; but for `forum restore` and
`forum move`, for which a site is stopped. It prints seconds and CPU seconds of the process, its peak memory, its
statements and transactions that write, the longest CPU time between the beginning and the end of one, and how long the
other process waited at most and at the 99th percentile. With --verbose it says which transactions took longest.
"""

import argparse
import json
import resource
import select
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, update
from sqlalchemy.orm import configure_mappers

from forum import create_app
from forum.accounts.models import Member
from forum.db import db, reading, writing
from tests.bench.job_steps import MOVE, PREPARATIONS, STEPS, WHILE_STOPPED
from tests.conftest import settings_for

WRITE_EVERY_SECONDS = 0.005
# Transactions that --verbose lists.
LISTED = 5


class _Transactions:
    """Counts statements and writing transactions, and the CPU time that each took."""

    def __init__(self) -> None:
        self.statements = 0
        # CPU seconds of each transaction, and the first statement in it that writes.
        self.cpu_times: list[tuple[float, str]] = [(0.0, "")]
        self._began_at: float | None = None
        self._first_write = ""
        event.listen(Engine, "before_cursor_execute", self._count)
        event.listen(Engine, "begin", self._begin)
        for name in ("commit", "rollback"):
            event.listen(Engine, name, self._end)

    def _count(self, connection: Any, cursor: Any, statement: str, *details: Any) -> None:
        self.statements += 1
        if not self._first_write and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            self._first_write = " ".join(statement[:60].split())

    def _begin(self, connection: Any) -> None:
        if connection.info.get("transaction_mode") == "immediate":
            self._began_at, self._first_write = time.process_time(), ""

    def _end(self, connection: Any) -> None:
        if self._began_at is not None:
            self.cpu_times.append((time.process_time() - self._began_at, self._first_write))
            self._began_at = None


def open_app(url: str, folder: Path) -> Flask:
    """Return the application, connected to the large community."""
    return create_app(settings_for(url, folder, RATELIMIT_ENABLED=False, BACKUPS="daily"))


def run_step(app: Flask, name: str, folder: Path) -> dict[str, float]:
    """Run a step in this process and return its figures."""
    transactions, clock, cpu = _Transactions(), time.perf_counter(), time.process_time()
    with app.app_context():
        STEPS[name](folder)
        db.session.remove()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    longest = sorted(transactions.cpu_times, reverse=True)
    for seconds, statement in longest[:LISTED]:
        print(f"  {seconds * 1000:.0f} ms {statement}", file=sys.stderr)
    return {
        "seconds": time.perf_counter() - clock,
        "cpu": time.process_time() - cpu,
        "memory": usage.ru_maxrss / 1024,
        "statements": transactions.statements,
        "transactions": len(longest) - 1,
        "longest_cpu_ms": longest[0][0] * 1000,
    }


def write_rows(app: Flask) -> None:
    """Write a row every few milliseconds until the standard input ends, and print the waits in ms."""
    waits: list[float] = []
    with app.app_context():
        print("ready", flush=True)
        while not _is_input_over():
            start = time.perf_counter()
            with writing():
                statement = update(Member).where(Member.id == 1).values(session_epoch=Member.session_epoch)
                db.session.execute(statement, execution_options={"synchronize_session": False})
                db.session.commit()
            waits.append((time.perf_counter() - start) * 1000)
            time.sleep(WRITE_EVERY_SECONDS)
    print(json.dumps({"longest_wait": max(waits), "p99": statistics.quantiles(waits, n=100)[98]}))


def _is_input_over() -> bool:
    return bool(select.select([sys.stdin], [], [], 0)[0])


def measure(command: list[str], name: str) -> dict[str, float]:
    """Run a step in a process of its own beside one that writes, and return the figures of both."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with ExitStack() as stack:
        step = stack.enter_context(subprocess.Popen([*command, "--run", name], **pipes))
        processes = [step]
        if name not in WHILE_STOPPED:
            processes.append(stack.enter_context(subprocess.Popen([*command, "--write"], **pipes)))
        for process in processes:
            process.stdout.readline()  # type: ignore[union-attr]
        outputs = [process.communicate("\n")[0] for process in processes]
    figures: dict[str, float] = {}
    for output in outputs:
        figures |= json.loads(output.splitlines()[-1])
    return figures


def line(name: str, row: dict[str, float]) -> str:
    """Return a row of the table."""
    waits = f"{row['longest_wait']:.0f} | {row['p99']:.0f}" if "p99" in row else "the site is stopped | "
    return (
        f"| {name} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['memory']:.0f} | {row['statements']:,} "
        f"| {row['transactions']:,} | {row['longest_cpu_ms']:.0f} | {waits} |"
    )


def _run(url: str, args: argparse.Namespace) -> None:
    """Prepare a step, say so, and run it when a line is read."""
    app = open_app(url, args.folder)
    configure_mappers()  # as in a process that has run for a while
    with app.app_context():
        if args.run != MOVE:
            with reading():
                db.session.query(Member).first()
                db.session.remove()
        PREPARATIONS.get(args.run, lambda folder: None)(args.folder)
        db.session.remove()
    print("ready", flush=True)
    sys.stdin.readline()
    sys.stderr = sys.stderr if args.verbose else Path("/dev/null").open("w")  # noqa: SIM115 - until the process ends
    print(json.dumps(run_step(app, args.run, args.folder)))


def main() -> None:
    """Measure each step and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.jobs", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--database")
    parser.add_argument("--target")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    url = args.database or f"sqlite:///{args.folder}/large.sqlite"
    if args.write:
        return write_rows(open_app(url, args.folder))
    if args.run:
        return _run(args.target if args.run == MOVE else url, args)
    print(
        "| step | seconds | CPU s | peak MB | statements | writing transactions | longest, CPU ms | longest wait, ms | p99 |"
    )
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: |")
    command = [sys.executable, "-m", "tests.bench.jobs", "--database", url, "--folder", str(args.folder)]
    command += [*(["--target", args.target] if args.target else []), *(["--verbose"] if args.verbose else [])]
    for name in args.steps or [step for step in STEPS if step != MOVE or args.target]:
        print(line(name, measure(command, name)), flush=True)
    return None


if __name__ == "__main__":
    main()
