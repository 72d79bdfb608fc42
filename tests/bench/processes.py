"""What the processes of a server use, read from /proc."""

import os
from pathlib import Path

from tests.served import process_tree


def cpu_seconds(parent: int) -> float:
    """How long all of them have kept a core busy so far."""
    ticks = 0
    for member in process_tree(parent):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(parent: int) -> float:
    """What they hold together in MB, with what they share counted once (PSS)."""
    kilobytes = 0
    for member in process_tree(parent):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes / 1024
