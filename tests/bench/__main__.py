"""`python -m tests.bench` (or `make bench`): measure, print a table, and with --write keep it in docs/benchmarks.md."""

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
from tests.served import free_port

ROUNDS = 5
YARDSTICK = "bare page (R)"
WRITING = "writing a reply"
FORGETFUL = "experience, nothing remembered"
KEPT_IN = Path(__file__).parent.parent.parent / "docs" / "benchmarks.md"
MOST_MEMORY = 250  # MB
# What is measured, and which share of the yardstick it must reach (none: only told).
MARKS = {
    YARDSTICK: None,
    "experience, stranger": 0.5,
    "experience, signed in": 0.3,
    FORGETFUL: None,
    "experience, squeezed": None,
    "home, stranger": None,
    "home, signed in": None,
    WRITING: 0.1,
}


class Round(NamedTuple):
    """One measurement."""

    load: Load
    cpu: float

    @property
    def rate(self) -> float:
        return len(self.load.taken) / self.load.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        return sorted(self.load.taken)[int(len(self.load.taken) * share)] * 1000

    @property
    def cpu_each(self) -> float:
        """Milliseconds of a core for one answer."""
        return self.cpu / len(self.load.taken) * 1000


class Bench:
    """Two servers, and what was measured on them."""

    def __init__(self, prepared: site.Prepared, ports: list[int], pids: list[int], seconds: float) -> None:
        self.prepared, self.ports, self.pids, self.seconds = prepared, ports, pids, seconds
        self.rounds: dict[str, list[Round]] = {name: [] for name in MARKS}
        self.memory = 0.0

    def run(self) -> None:
        """Every measurement once to warm up, then five times in turn, so that noise falls on all alike."""
        for n in range(ROUNDS + 1):
            for name in MARKS:
                done = self._measure(name, n)
                if n:
                    self.rounds[name].append(done)
            self.memory = max(self.memory, processes.memory(self.pids[1]))
            print(f"\rround {n} of {ROUNDS}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)

    def _measure(self, name: str, n: int) -> Round:
        which = {YARDSTICK: 0, FORGETFUL: 2}.get(name, 1)
        writing = name == WRITING
        requests = self.prepared.requests[name]
        if writing:
            # A form that is sent a second time writes nothing, so each round has forms of its own.
            requests = requests[n :: ROUNDS + 1]
        before = processes.cpu_seconds(self.pids[which])
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

    def ratio(self, name: str) -> float:
        """The median of what each round reached of that round's yardstick."""
        return median(one.rate / yard.rate for one, yard in zip(self.rounds[name], self.rounds[YARDSTICK], strict=True))

    def table(self) -> str:
        """In Markdown."""
        lines = [
            "| | req/s | of R | mark | p50 ms | p99 ms | CPU ms | queries | bytes |",
            "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
        ]
        for name, mark in MARKS.items():
            rounds = self.rounds[name]
            cells = [
                name,
                f"{median(one.rate for one in rounds):,.0f}",
                f"{self.ratio(name):.2f}",
                f"{mark:.2f}" if mark else "",
                f"{median(one.percentile(0.5) for one in rounds):.1f}",
                f"{median(one.percentile(0.99) for one in rounds):.1f}",
                f"{median(one.cpu_each for one in rounds):.2f}",
                str(self.prepared.queries.get(name, "")),
                f"{rounds[-1].load.size:,}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
        busiest = max(one.load.own_share for rounds in self.rounds.values() for one in rounds)
        lines.append(
            f"\nMemory of all the site's processes together: {self.memory:.0f} MB (mark: {MOST_MEMORY}). "
            f"The load generator never used more than {busiest:.0%} of a core."
        )
        return "\n".join(lines)

    def missed(self) -> list[str]:
        """The marks that were not reached, in words."""
        missed = [
            f"{name}: {self.ratio(name):.2f} R, and should reach {mark}"
            for name, mark in MARKS.items()
            if mark and self.ratio(name) < mark
        ]
        return missed + ([f"memory: {self.memory:.0f} MB"] if self.memory > MOST_MEMORY else [])


def main() -> None:
    """Measure and tell; ends with 1 when a mark was missed."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    asked.add_argument("--write", action="store_true", help="append the table to docs/benchmarks.md")
    asked.add_argument("--seconds", type=float, default=2.5, help="how long each of the measurements runs")
    asked.add_argument("--database", help="address of an empty PostgreSQL database, instead of SQLite")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="forum-bench-") as folder:
        ports = [free_port() for _ in range(3)]
        environ = site.environment(Path(folder), ports[1], given.database)
        prepared = site.prepare(environ)
        with (
            site.running(["-m", "tests.bench.yardstick", str(ports[0])], ports[0], environ) as yardstick,
            site.running(["-m", "forum.cli", "serve"], ports[1], environ) as served,
            site.running(
                ["-m", "tests.bench.forgetful"], ports[2], environ | {"FORUM_PORT": str(ports[2])}
            ) as forgetful,
        ):
            bench = Bench(prepared, ports, [yardstick, served, forgetful], given.seconds)
            bench.run()
    told = f"{_machine()}, {'PostgreSQL' if given.database else 'SQLite'}\n\n{bench.table()}\n"
    print(told)
    if given.write:
        with KEPT_IN.open("a", encoding="utf-8") as kept:
            kept.write(f"\n## {datetime.now(UTC):%Y-%m-%d}\n\n{told}")
    if missed := bench.missed():
        raise SystemExit("Missed: " + "; ".join(missed))


def _machine() -> str:
    """Processor, cores, Python."""
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
