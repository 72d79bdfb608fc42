"""The job queue's storage: a file of SQLite or Redis, and what happens when either fails.

Nothing in a queue is the only copy of anything: a job finds its work in the database, and every job also runs on a
schedule. So a damaged file is made anew, and while Redis is away each process goes on with a queue in its memory.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from huey import Huey, MemoryHuey, SqliteHuey
from huey.constants import EmptyData
from huey.storage import RedisStorage

from forum.sqlite_files import discard_damaged

try:
    from redis import ConnectionPool, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry
except ImportError:  # an optional dependency; the settings say so when it is needed

    class RedisError(Exception):  # type: ignore[no-redef]
        """Stands in for the class of the missing package."""


log = logging.getLogger(__name__)
NAME = "forum"
# Redis gets so long to answer, in seconds, and is left alone for a while when it does not.
REDIS_TIMEOUT = 0.2
REDIS_PAUSE = 5
MAX_LOCAL_JOBS = 1000
Result = TypeVar("Result")


def redis_options() -> dict[str, object]:
    """Return the options of a connection to Redis: one try, which ends after REDIS_TIMEOUT."""
    return {
        "socket_timeout": REDIS_TIMEOUT,
        "socket_connect_timeout": REDIS_TIMEOUT,
        "retry": Retry(NoBackoff(), 0),
    }


def new_queue(url: str, site_url: str = "") -> Huey:
    """Return the queue that a URL names: "memory:", "sqlite:<file>" or an address of Redis.

    Sites that share a Redis have queues of their own, named after their address.
    """
    if url == "memory:":
        return MemoryHuey(NAME, results=False)
    if url.startswith("sqlite:"):
        file = Path(url.removeprefix("sqlite:"))
        if discard_damaged(file):
            log.warning("the job queue %s was damaged and is made anew; scheduled runs do what was in it", file)
        return SqliteHuey(NAME, filename=str(file), results=False)
    pool = ConnectionPool.from_url(url, **redis_options())
    name = NAME + sha256(site_url.encode()).hexdigest()[:12]
    return Huey(name, storage_class=_FallbackStorage, connection_pool=pool, blocking=False, results=False)


# When a warning was last logged, in seconds of the monotonic clock, by its logger and text.
_logged_at: dict[tuple[str, str], float] = {}


def once_per_minute(record: logging.LogRecord) -> bool:
    """Return whether to log a record: a warning once a minute, and in one line. This is a filter of loggers."""
    if record.levelno < logging.WARNING:
        return True
    key, moment = (record.name, str(record.msg)), time.monotonic()
    if moment - _logged_at.get(key, -60.0) < 60:
        return False
    _logged_at[key] = moment
    if record.exc_info and record.exc_info[0]:
        record.msg = f"{record.msg} ({record.exc_info[0].__name__})"
    record.exc_info = record.exc_text = None
    return True


# What is said again and again while Redis is away or the queue's file is damaged.
for name in (__name__, "flask-limiter", "huey.consumer.Worker", "huey.consumer.Scheduler"):
    logging.getLogger(name).addFilter(once_per_minute)


class _FallbackStorage(RedisStorage):
    """Redis, or this process's memory while Redis does not answer, so that jobs go on by their schedule."""

    def __init__(self, name: str = NAME, **options: object) -> None:
        super().__init__(name, **options)
        self._local: deque[bytes] = deque(maxlen=MAX_LOCAL_JOBS)
        self._paused_until = 0.0

    def enqueue(self, data: bytes, priority: float | None = None) -> None:
        """Add a job."""
        if not self._try(lambda: self.conn.lpush(self.queue_key, data), None):
            self._local.append(data)

    def dequeue(self) -> bytes | None:
        """Return the next job, or None."""
        if self._local:
            return self._local.popleft()
        data: bytes | None = self._try(super().dequeue, None)
        return data

    def read_schedule(self, moment: float) -> list[bytes]:
        """Return the jobs that were to run later and are due."""
        return self._try(lambda: super(_FallbackStorage, self).read_schedule(moment), [])

    def peek_data(self, key: str) -> object:
        """Return a stored value."""
        return self._try(lambda: super(_FallbackStorage, self).peek_data(key), EmptyData)

    def peek_many(self, keys: list[str]) -> dict[str, bytes]:
        """Return those stored values that there are."""
        return self._try(lambda: super(_FallbackStorage, self).peek_many(keys), {})

    def _try(self, call: Callable[[], Result], default: Result) -> Result:
        """Return what Redis answers, or the default while it does not answer."""
        if time.monotonic() < self._paused_until:
            return default
        try:
            return call()
        except RedisError as error:
            self._paused_until = time.monotonic() + REDIS_PAUSE
            log.warning("Redis does not answer (%s); jobs run by their schedule", type(error).__name__)
            return default
