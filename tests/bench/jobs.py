"""What jobs and commands cost in a large community, and how long they keep others from writing.

    python -m tests.bench.jobs --folder DIRECTORY             a folder that tests.bench.routes has filled; it is changed
    python -m tests.bench.jobs --database URL                 a PostgreSQL database that it has filled; it is changed
    python -m tests.bench.jobs --folder DIRECTORY digest backup       only these

Each runs in a process of its own, while another process writes a row every few milliseconds. It prints seconds and CPU
seconds of the process, its peak memory, its statements and transactions that write, the longest CPU time between the
beginning and the end of one, and how long the other process waited at most and at the 99th percentile.
"""

import argparse
import json
import resource
import select
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event, update

from forum import create_app
from forum.accounts.models import Member
from forum.db import db, writing
from tests.bench.job_steps import STEPS
from tests.conftest import settings_for

WRITE_EVERY_SECONDS = 0.005


class _Transactions:
    """Counts statements and writing transactions, and the CPU time that each took."""

    def __init__(self) -> None:
        self.statements, self.cpu_times = 0, [0.0]
        self._began_at: float | None = None
        event.listen(Engine, "before_cursor_execute", self._count)
        event.listen(Engine, "begin", self._begin)
        for name in ("commit", "rollback"):
            event.listen(Engine, name, self._end)

    def _count(self, *details: Any) -> None:
        self.statements += 1

    def _begin(self, connection: Any) -> None:
        if connection.info.get("transaction_mode") == "immediate":
            self._began_at = time.process_time()

    def _end(self, connection: Any) -> None:
        if self._began_at is not None:
            self.cpu_times.append(time.process_time() - self._began_at)
            self._began_at = None


def open_app(url: str, folder: Path) -> Flask:
    """Return the application, connected to the large community."""
    return create_app(settings_for(url, folder, RATELIMIT_ENABLED=False, BACKUPS="daily"))


def run_step(app: Flask, name: str) -> dict[str, float]:
    """Run a step in this process and return its figures."""
    transactions, clock, cpu = _Transactions(), time.perf_counter(), time.process_time()
    with app.app_context():
        STEPS[name](app.config["INSTANCE"])
        db.session.remove()
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "seconds": time.perf_counter() - clock,
        "cpu": time.process_time() - cpu,
        "memory": usage.ru_maxrss / 1024,
        "statements": transactions.statements,
        "transactions": len(transactions.cpu_times) - 1,
        "longest_cpu_ms": max(transactions.cpu_times) * 1000,
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


def measure(url: str, folder: Path, name: str) -> dict[str, float]:
    """Run a step in a process of its own beside one that writes, and return the figures of both."""
    command = [sys.executable, "-m", "tests.bench.jobs", "--database", url, "--folder", str(folder)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        subprocess.Popen([*command, "--run", name], **pipes) as step,
        subprocess.Popen([*command, "--write"], **pipes) as writer,
    ):
        for process in (step, writer):
            process.stdout.readline()
        output = step.communicate("\n")[0]
        waits = writer.communicate("\n")[0]
    figures: dict[str, float] = json.loads(output.splitlines()[-1]) | json.loads(waits.splitlines()[-1])
    return figures


def line(name: str, row: dict[str, float]) -> str:
    """Return a row of the table."""
    return (
        f"| {name} | {row['seconds']:.1f} | {row['cpu']:.1f} | {row['memory']:.0f} | {row['statements']:,} "
        f"| {row['transactions']:,} | {row['longest_cpu_ms']:.0f} | {row['longest_wait']:.0f} | {row['p99']:.0f} |"
    )


def main() -> None:
    """Measure each step and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.jobs", description=__doc__)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--database")
    parser.add_argument("--run", help=argparse.SUPPRESS)
    parser.add_argument("--write", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    url = args.database or f"sqlite:///{args.folder}/large.sqlite"
    if args.write:
        write_rows(open_app(url, args.folder))
    elif args.run:
        app = open_app(url, args.folder)
        print("ready", flush=True)
        sys.stdin.readline()
        print(json.dumps(run_step(app, args.run)))
    else:
        print(
            "| step | seconds | CPU s | peak MB | statements | writing transactions | longest, CPU ms | longest wait, ms | p99 |"
        )
        print("| --- | --: | --: | --: | --: | --: | --: | --: | --: |")
        for name in args.steps or STEPS:
            print(line(name, measure(url, args.folder, name)), flush=True)


if __name__ == "__main__":
    main()
