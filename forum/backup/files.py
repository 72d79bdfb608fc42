"""The files of backups: where they are, what they are called, and which of them are kept."""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from flask import current_app

from forum.db import db, now
from forum.sqlite_files import remove_file

# What a backup is called until it is complete.
PART_SUFFIX = ".forum-part"
# How many scheduled backups are kept: the latest of each of so many days, weeks and months that have one.
KEEP = {"%Y-%m-%d": 7, "%G-%V": 4, "%Y-%m": 6}
_SCHEDULED = re.compile(r"forum-(\d{8}-\d{6})-daily\.(?:sqlite|dump)")


def backup_folder() -> Path:
    """Return the folder of scheduled backups and of those that admins start on a page."""
    folder: Path = current_app.config["BACKUP_FOLDER"]
    return folder


def new_name(suffix: str = "") -> str:
    """Return a name for a backup of now: forum-20261126-023000.sqlite."""
    kind = "sqlite" if db.engine.dialect.name == "sqlite" else "dump"
    return f"forum-{now():%Y%m%d-%H%M%S}{suffix}.{kind}"


def list_backups() -> list[Path]:
    """Return the backups in the backup folder, the latest first."""
    with suppress(PermissionError):
        files = [file for file in backup_folder().glob("forum-*") if file.is_file()]
        return sorted(files, key=lambda file: file.name, reverse=True)
    return []


def latest_backup_at() -> datetime | None:
    """Return when the latest backup of the folder was made."""
    return max((datetime.fromtimestamp(file.stat().st_mtime, UTC) for file in list_backups()), default=None)


def superfluous(files: Iterable[Path]) -> list[Path]:
    """Return the scheduled backups among these that need not be kept; none that somebody made by hand."""
    times = {file: datetime.strptime(name[1], "%Y%m%d-%H%M%S") for file in files if (name := _scheduled(file))}
    newest_first = sorted(times, key=lambda file: times[file], reverse=True)
    retained: set[Path] = set()
    for period, limit in KEEP.items():
        latest: dict[str, Path] = {}
        for file in newest_first:
            latest.setdefault(times[file].strftime(period), file)
        retained.update(list(latest.values())[:limit])
    return [file for file in newest_first if file not in retained]


def _scheduled(file: Path) -> re.Match[str] | None:
    return _SCHEDULED.fullmatch(file.name)


def refuse_existing(file: Path) -> None:
    """Raise FileExistsError, with a message for the admin, when the file exists."""
    if file.exists():
        raise FileExistsError(f"{file} already exists. Choose another name; backups are not overwritten.")


@contextmanager
def new_file(file: Path) -> Iterator[Path]:
    """Give a file to write to, which only its owner can read; it gets its name when the block ends without an error.

    Creates the folder. Raises FileExistsError when the file exists, with a message for the admin.
    """
    refuse_existing(file)
    create_folder(file.parent)
    with temporary_file(file.parent, file.name) as part:
        yield part
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        _publish(part, file)


@contextmanager
def temporary_file(folder: Path, name: str) -> Iterator[Path]:
    """Give an empty file that only its owner can read, and remove it when the block ends, with SQLite's log of it.

    What killed processes have left in the folder is removed, too.
    """
    remove_abandoned(folder)
    handle, path = tempfile.mkstemp(prefix=f".{name}.", suffix=PART_SUFFIX, dir=folder)  # mode 600
    fcntl.flock(handle, fcntl.LOCK_EX)
    part = Path(path)
    try:
        give_to_site(part)
        yield part
    finally:
        remove_file(part)
        os.close(handle)


def create_folder(folder: Path) -> None:
    """Create a folder that only the site's user can open, with the folders above it."""
    if folder.is_dir():
        return
    create_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    give_to_site(folder)


def give_to_site(path: Path) -> None:
    """Give what root has created to the user of the site, the owner of its instance folder."""
    if os.geteuid() == 0:
        owner = current_app.config["INSTANCE"].stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed have left: unfinished files that no process holds a lock on."""
    for part in folder.glob(f".*{PART_SUFFIX}"):
        with suppress(BlockingIOError, FileNotFoundError), part.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_file(part)


def _publish(part: Path, file: Path) -> None:
    """Give the file its name. Unlike a rename, a link overwrites nothing, but not every disk supports links."""
    try:
        os.link(part, file)
    except FileExistsError:
        raise FileExistsError(f"{file} was created meanwhile. It was not overwritten.") from None
    except OSError:
        part.rename(file)
