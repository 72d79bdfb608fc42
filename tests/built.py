"""Folders that are expensive to build: built once for each state of the sources and copied from then on.

They are kept in .pytest_cache, so that only the first run after a change of the sources builds them. `make clean` removes them.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

import flask_migrate

from forum import create_app
from forum.config import from_environment
from forum.db import db
from forum.demo.actions import fill_demo

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".pytest_cache" / "built"
# Everything that decides what a database filled by forum/demo contains.
SOURCES = (
    "forum/**/*.py",
    "forum/**/*.toml",
    "forum/**/*.txt",
    "migrations/**/*.py",
    "templates/mail/*",
    "requirements.lock",
)


def digest(*patterns: str) -> str:
    """Return a digest of the names and contents of the files that match."""
    hashed = blake2b(digest_size=10)
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file()):
        content = path.read_bytes()
        hashed.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode() + content)
    return hashed.hexdigest()


def folder_for(name: str, *patterns: str) -> Path:
    """Return a folder for this state of the files that match. Folders that were not used for a day are removed."""
    folder = CACHE / f"{name}-{digest(*patterns)}"
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    for other in CACHE.glob(f"{name}-*"):
        if other.stat().st_mtime < time.time() - 24 * 3600:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def copy_of_built(folder: Path, name: str, build: Callable[[Path], object], *patterns: str, day: str = "") -> None:
    """Make `folder` a copy of what `build` makes, which is called once per state of the sources, and per day if given.

    Workers that ask at the same time wait for the first one. Copies of older states are removed.
    """
    CACHE.mkdir(parents=True, exist_ok=True)
    finished = CACHE / f"{name}-{digest(*SOURCES, *patterns)}{day and '-' + day}"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            for outdated in CACHE.glob(f"{name}-*"):
                shutil.rmtree(outdated)
            unfinished = CACHE / f"unfinished-{name}-{os.getpid()}"
            unfinished.mkdir()
            try:
                build(unfinished)
                unfinished.rename(finished)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(finished, folder, dirs_exist_ok=True)


def today() -> str:
    """Return the day, for what is dated relative to the present."""
    return f"{datetime.now(UTC):%Y-%m-%d}"


def copy_of_demo(folder: Path) -> None:
    """Make `folder` an instance folder whose database holds the demo community, filled today."""
    copy_of_built(folder, "demo", _fill_demo, day=today())


def _fill_demo(folder: Path) -> None:
    migrate(folder, fill_demo)


def migrate(folder: Path, fill_tables: Callable[[], object] = lambda: None) -> None:
    """Create the keys and the migrated SQLite database of an instance folder, and call a function that fills it."""
    app = create_app(from_environment({"FORUM_INSTANCE": str(folder)}))
    with app.app_context(), app.test_request_context():
        flask_migrate.upgrade()
        fill_tables()
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
