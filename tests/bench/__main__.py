"""`python -m tests.bench` (or `make bench`): measure, print a table, and with --write append it to docs/benchmarks.md."""

import argparse
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.bench import processes, site
from tests.bench.load import Load, drive
from tests.bench.mixed import Writing, drive_mixed
from tests.first_load import MAX_REQUESTS, MAX_SIZE, FirstLoad, first_loads
from tests.served import free_port

ROUNDS = 5
YARDSTICK = "bare page (R)"
WRITING = "writing a reply"
MIXED = "reading beside 20 replies a second"
UNCACHED = "post, nothing cached"
RESULTS_FILE = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
MAX_MEMORY = 300  # MB
MAX_P99 = 20  # milliseconds that a hundredth of the readers may wait while others write
# What is measured, and the share of the yardstick it must reach (None: reported only).
MARKS = {
    YARDSTICK: None,
    "post, stranger": 8.0,
    "post, signed in": 0.7,
    UNCACHED: None,
    "post, gzip": None,
    "home, stranger": 10.0,
    "home, signed in": None,
    WRITING: 0.25,
    "reading beside 2 replies a second": None,
    MIXED: None,
    "reading beside 100 replies a second": None,
}
# How many replies a second are written beside what is measured.
WRITING_RATES = {"reading beside 2 replies a second": 2, MIXED: 20}
WRITING_RATES |= {"reading beside 100 replies a second": 100}


class Round(NamedTuple):
    """One measurement."""

    load: Load
    cpu: float

    @property
    def rate(self) -> float:
        return len(self.load.durations) / self.load.seconds

    def percentile(self, share: float) -> float:
        """Return a percentile of the response times in milliseconds."""
        return sorted(self.load.durations)[int(len(self.load.durations) * share)] * 1000

    @property
    def cpu_each(self) -> float:
        """Milliseconds of CPU time per response."""
        return self.cpu / len(self.load.durations) * 1000


def _share(forms: list[bytes], n: int) -> list[bytes]:
    """Return a round's own forms: one that is sent twice writes nothing the second time. A quarter are anonymous."""
    size = len(forms) // (ROUNDS + 1)
    return forms[n * size : (n + 1) * size]


class Bench:
    """The servers and their measurements."""

    def __init__(self, prepared: site.Prepared, ports: list[int], pids: list[int], seconds: float) -> None:
        self.prepared, self.ports, self.pids, self.seconds = prepared, ports, pids, seconds
        self.rounds: dict[str, list[Round]] = {name: [] for name in MARKS}
        self.memory = 0.0
        self.writings: dict[str, list[Writing]] = {name: [] for name in WRITING_RATES}
        self.first_loads: dict[str, FirstLoad] = {}

    def run(self) -> None:
        """Take every measurement once to warm up, then five times in turn, so that noise affects all alike."""
        for n in range(ROUNDS + 1):
            for name in MARKS:
                measured = self._measure(name, n)
                if n:
                    self.rounds[name].append(measured)
            self.memory = max(self.memory, processes.memory(self.pids[1]))
            print(f"\rround {n} of {ROUNDS}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        site_url = f"http://127.0.0.1:{self.ports[1]}"
        self.first_loads = first_loads({"post": site_url + self.prepared.path, "home": f"{site_url}/"})

    def _measure(self, name: str, n: int) -> Round:
        which = {YARDSTICK: 0, UNCACHED: 2}.get(name, 1)
        writing = name == WRITING
        requests = self.prepared.requests[name]
        if writing:
            requests = _share(requests, n)
        before = processes.cpu_seconds(self.pids[which])
        if rate := WRITING_RATES.get(name):
            return Round(self._measure_mixed(name, n, rate), processes.cpu_seconds(self.pids[which]) - before)
        load = drive(
            self.ports[which],
            requests,
            seconds=self.seconds if n else 1,
            again=not writing,
            expect=302 if writing else 200,
        )
        if load.wrong:
            raise SystemExit(f"{name}: an answer was wrong.\n{load.wrong[0]}")
        return Round(load, processes.cpu_seconds(self.pids[which]) - before)

    def _measure_mixed(self, name: str, n: int, rate: int) -> Load:
        forms = _share(self.prepared.requests[site.forms_for(rate)], n)
        seconds = self.seconds if n else 1
        load, writing = drive_mixed(self.ports[1], self.prepared.requests[name], forms, seconds=seconds, rate=rate)
        if load.wrong or writing.wrong:
            raise SystemExit(f"{name}: an answer was wrong.\n{(load.wrong + writing.wrong)[0]}")
        if n:
            self.writings[name].append(writing)
        return load

    def p99(self, name: str) -> float:
        """Return the median of each round's 99th percentile of the response times, in milliseconds."""
        return median(measured_round.percentile(0.99) for measured_round in self.rounds[name])

    def ratio(self, name: str) -> float:
        """Return the median of each round's rate divided by that round's yardstick."""
        return median(
            measured_round.rate / yard.rate
            for measured_round, yard in zip(self.rounds[name], self.rounds[YARDSTICK], strict=True)
        )

    def table(self) -> str:
        """Return the results as a Markdown table."""
        lines = [
            "| | req/s | of R | mark | p50 ms | p99 ms | CPU ms | queries | bytes |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for name, mark in MARKS.items():
            rounds = self.rounds[name]
            cells = [
                name,
                f"{median(measured_round.rate for measured_round in rounds):,.0f}",
                f"{self.ratio(name):.2f}",
                f"{mark:.2f}" if mark else "",
                f"{median(measured_round.percentile(0.5) for measured_round in rounds):.1f}",
                f"{self.p99(name):.1f}",
                f"{median(measured_round.cpu_each for measured_round in rounds):.2f}",
                str(self.prepared.queries.get(name, "")),
                f"{rounds[-1].load.size:,}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join([*lines, *self._remarks()])

    def _remarks(self) -> list[str]:
        lines = []
        busiest = max(measured_round.load.cpu_share for rounds in self.rounds.values() for measured_round in rounds)
        lines.append(
            f"\nMemory of all the site's processes together: {self.memory:.0f} MB (mark: {MAX_MEMORY}). "
            f"The load generator never used more than {busiest:.0%} of a core."
        )
        for name, first in self.first_loads.items():
            lines.append(
                f"\nFirst visit, {name}: {first.requests} requests, {first.size / 1000:.1f} KB "
                f"(marks: {MAX_REQUESTS} requests, {MAX_SIZE / 1000:.0f} KB)."
            )
        for name, writings in self.writings.items():
            total = sum(writing.reply_count for writing in writings)
            stale = sum(writing.stale_count for writing in writings)
            lines.append(
                f"\n{name.capitalize()}: {total} were written; {stale} of the threads, asked for at once by a stranger on "
                "another connection, lacked the reply."
            )
        return lines

    def missed(self) -> list[str]:
        """Describe the marks that were missed."""
        missed = [
            f"{name}: {self.ratio(name):.2f} R, and should reach {mark}"
            for name, mark in MARKS.items()
            if mark and self.ratio(name) < mark
        ]
        missed += [f"{name}: p99 {self.p99(name):.1f} ms" for name in [MIXED] if self.p99(name) > MAX_P99]
        missed += [
            f"{name}: a stale page" for name, rows in self.writings.items() if any(row.stale_count for row in rows)
        ]
        missed += [f"first visit, {name}" for name, first in self.first_loads.items() if not first.is_light]
        return missed + ([f"memory: {self.memory:.0f} MB"] if self.memory > MAX_MEMORY else [])


def main() -> None:
    """Measure and report; exit with 1 when a mark was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--write", action="store_true", help="append the table to docs/benchmarks.md")
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each of the measurements runs")
    parser.add_argument("--database", help="address of an empty PostgreSQL database, instead of SQLite")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as folder:
        ports = [free_port() for _ in range(3)]
        environ = site.environment(Path(folder), ports[1], args.database)
        prepared = site.prepare(environ)
        with (
            site.running(["-m", "tests.bench.yardstick", str(ports[0])], ports[0], environ) as yardstick_pid,
            site.running(["-m", "forum.cli", "serve"], ports[1], environ) as app_pid,
            site.running(
                ["-m", "tests.bench.uncached"], ports[2], environ | {"FORUM_PORT": str(ports[2])}
            ) as uncached_pid,
        ):
            bench = Bench(prepared, ports, [yardstick_pid, app_pid, uncached_pid], args.seconds)
            bench.run()
    report = f"{_machine()}, {'PostgreSQL' if args.database else 'SQLite'}\n\n{bench.table()}\n"
    print(report)
    if args.write:
        with RESULTS_FILE.open("a", encoding="utf-8") as file:
            file.write(f"\n## {datetime.now(UTC):%Y-%m-%d}\n\n{report}")
    if missed := bench.missed():
        raise SystemExit("Missed: " + "; ".join(missed))


def _machine() -> str:
    """Return the processor, its cores and the version of Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return f"{model}, {os.cpu_count()} cores, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
