"""Write in short transactions: a job holds no lock while it reads, and others can write after each of its commits."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from forum.db import db, reading

# Waiting writers try to take SQLite's lock every 0.5 ms.
TURN_SECONDS = 0.002


@contextmanager
def reading_apart(commit: Callable[[], object] | None) -> Iterator[None]:
    """Leave the writing transaction of a job while it reads, so that no writer waits for it.

    What was written before is committed first. Without `commit` everything stays in the caller's transaction.
    """
    if commit is None:
        yield
        return
    if db.session().in_transaction():
        commit()
    with reading():
        yield
        db.session.rollback()


def end_turn(commit: Callable[[], object] | None) -> None:
    """Commit, and pause briefly so that a waiting writer gets SQLite's lock. Do nothing without `commit`."""
    if commit is not None:
        commit()
        time.sleep(TURN_SECONDS)
