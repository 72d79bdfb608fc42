"""CPU time and memory of a server's processes, read from /proc."""

import os
from pathlib import Path

from tests.served import process_tree


def cpu_seconds(parent: int) -> float:
    """Return the CPU time of all of them so far."""
    ticks = 0
    for member in process_tree(parent):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(parent: int) -> float:
    """Return the memory of all of them in MB, counting shared pages once (PSS)."""
    kilobytes = 0
    for member in process_tree(parent):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024
