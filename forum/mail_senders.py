"""Senders: threads of the job process that deliver mail, each over a connection of its own, beside all other jobs.

They look into the outbox every second: a long job, or a queue that is away, delays no mail. One of them leaves bulk
mail alone, so that a sign-in link is the next mail to leave however slowly thousands of digests do.
"""

import logging
from threading import Event, Thread

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from forum import error_tracking, mail
from forum.db import writing
from forum.job_queue import once_per_minute

log = logging.getLogger(__name__)
log.addFilter(once_per_minute)
CONNECTIONS = 4
PAUSE = 1  # seconds between two looks into the outbox
PAUSE_WHEN_AWAY = 30  # seconds that a sender leaves a server alone which can't be reached


class Senders:
    """The threads; they end when `stop` is called, after the mails that they are sending."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stopping = Event()
        self._threads = [Thread(target=self._run, args=(number > 0,), daemon=True) for number in range(CONNECTIONS)]

    def start(self) -> None:
        """Start the threads. From then on the job `deliver_mail` leaves the mail to them."""
        self._app.extensions[mail.SENDERS] = self
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each thread finish the mail that it is sending."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self._app.extensions.pop(mail.SENDERS)

    def _run(self, with_bulk: bool) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = self._deliver(with_bulk)

    def _deliver(self, with_bulk: bool) -> float:
        """Deliver what is due, and return after how many seconds to look again."""
        with self._app.app_context():
            try:
                if not mail.is_due(with_bulk=with_bulk):
                    return PAUSE
                with writing():
                    delivery = mail.deliver(with_bulk=with_bulk, stopping=self._stopping)
            except SQLAlchemyError as error:
                log.warning("mail waits for the database (%s)", type(error).__name__)
                return PAUSE_WHEN_AWAY
            except Exception as error:
                log.error("mail could not be delivered: %s", type(error).__name__)
                error_tracking.report(error)
                return PAUSE_WHEN_AWAY
        return PAUSE_WHEN_AWAY if delivery.is_server_away else 0
