"""`forum serve` and `forum work`: run the site."""

import logging
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress

import click
from flask import Flask
from huey.consumer import Consumer
from sqlalchemy.exc import DBAPIError

from forum import jobs, nodes, schema, serving
from forum.accounts.queries import count_members, member_by_email
from forum.admin import metrics
from forum.admin.integrity import key_problem
from forum.commands.context import database_message, load_app, print_demo_accounts
from forum.commands.launch import set_up
from forum.db import db, writing
from forum.demo.actions import SIGN_INS, fill_demo
from forum.mail_senders import Senders
from forum.sockets import CannotListen, notify, open_listener
from forum.storage import close_connections, close_databases

log = logging.getLogger(__name__)


@click.command()
@click.option("--demo", is_flag=True, help="Fill a new database with the demo community.")
@click.option("--no-jobs", is_flag=True, help="Serve pages only; `forum work` runs the jobs beside it.")
def serve(demo: bool, no_jobs: bool) -> None:
    """Upgrade the database, then serve the site and run its jobs until stopped."""
    app = load_app()
    settings = app.config["SETTINGS"]
    try:
        listener = open_listener(settings.host.strip("[]"), settings.port)
    except CannotListen as error:
        raise click.ClickException(f"{error} Choose another with FORUM_PORT or FORUM_HOST.") from None
    if not serving.run_in_child(lambda: _prepare(app, demo)):
        sys.exit(1)
    warm_up(app)
    if app.config["METRICS"]:
        metrics.forget_counts(app.config["METRICS_FOLDER"])
    server = serving.web_server(app, listener, workers=settings.workers)
    code = serving.supervise(web=server.serve, jobs=None if no_jobs else lambda: _run_jobs(app))
    serving.run_in_child(lambda: close_databases(app))
    sys.exit(code)


@click.command()
def work() -> None:
    """Run background jobs: send mail and run scheduled tasks. `forum serve` includes this."""
    signal.pthread_sigmask(signal.SIG_BLOCK, serving.STOPPING_SIGNALS)
    app = load_app()
    compare_keys(app)
    notify("READY=1")
    _run_jobs(app, waiting=serving.STOPPING_SIGNALS)
    jobs.queue_of(app).storage.close()
    close_databases(app)


def _prepare(app: Flask, demo: bool) -> None:
    with app.app_context(), writing():
        try:
            schema.upgrade()
            nodes.record()
            db.session.commit()
            if demo and not count_members():
                click.echo("Filling the database with the demo community ...")
                fill_demo()
                db.session.commit()
            offer_setup(app)
            warn_of_wrong_key()
            is_empty = not count_members()
            has_demo = member_by_email(SIGN_INS[0][1]) is not None
        except DBAPIError as error:
            click.echo(database_message(error), err=True)
            sys.exit(1)
    _print_welcome(app, has_demo, is_empty)


def warm_up(app: Flask) -> None:
    """Answer a request, so that what the first one makes, such as mappers and templates, is in memory only once.

    All processes are forked from this one. It keeps no connection, which two of them would use.
    """
    app.test_client().get("/", base_url=app.config["SITE_URL"])
    close_connections(app)


def offer_setup(app: Flask) -> None:
    """Offer somebody at a terminal to set up an empty production site before it is served."""
    is_new = app.config.get("IS_PRODUCTION", False) and not count_members()
    db.session.commit()  # while somebody types, nothing is locked
    if is_new and sys.stdin.isatty() and click.confirm("This site is new. Set it up now?", default=True):
        set_up()
        db.session.commit()


def compare_keys(app: Flask) -> None:
    """Say in the log when other nodes have other keys. `forum serve` reports a database that is away or old."""
    with app.app_context(), writing(), suppress(DBAPIError):
        nodes.record()
        db.session.commit()
    close_connections(app)


def warn_of_wrong_key() -> None:
    """Log an error when the anonymity key does not open what the database has sealed. The site starts all the same."""
    if problem := key_problem():
        log.error("The anonymity key %s", problem)


def _print_welcome(app: Flask, has_demo: bool, is_empty: bool) -> None:
    click.echo(f"\n{app.config['SITE_NAME']} is at {app.config['SITE_URL']}")
    if has_demo:
        click.echo("You can sign in as:")
        print_demo_accounts()
    if is_empty:
        click.echo("Nobody has an account yet. In another terminal, with the same settings, run: forum setup")
    click.echo(f"Mail goes to {_without_password(app.config['MAIL_URL'])}. Press Ctrl-C to stop.\n")


def _without_password(url: str) -> str:
    credentials, at, host = url.rpartition("@")
    return f"{credentials.split('://')[0]}://…@{host}" if at else url


class _Consumer(Consumer):
    """The consumer of the job queue. Signals in `waiting` stay blocked until its handlers can shut it down properly."""

    waiting: Iterable[signal.Signals] = ()

    def start(self) -> None:
        """Start the threads, set the signal handlers, and then deliver the signals that waited."""
        super().start()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self.waiting)


def _run_jobs(app: Flask, waiting: Iterable[signal.Signals] = ()) -> None:
    if app.config["METRICS"]:
        metrics.start_listener(app)
    senders = Senders(app)
    senders.start()
    # SIGTERM lets a running job finish.
    queue = jobs.queue_of(app)
    consumer = _Consumer(queue, workers=1, periodic=True, initial_delay=0.2, max_delay=2, graceful_signal="TERM")
    consumer.waiting = waiting
    queue.post_execute("trim")(lambda *_: serving.trim_heap())
    consumer.run()
    senders.stop()
