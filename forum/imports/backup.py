"""A copy of the whole database while the site runs."""

from pathlib import Path


def back_up(file: Path) -> None:
    """Write the copy. Raises OSError or RuntimeError in words."""
    raise RuntimeError("Backups are not ready yet.")
