"""Register the accounts room with the application."""

from flask import Flask

from forum.accounts import (
    bounce_actions,
    device_views,
    jobs,
    lock_views,
    passkey_views,
    recovery_phrase_views,
    two_factor_views,
    views,
    work_domain_views,
)
from forum.accounts.bylines import byline, byline_name
from forum.accounts.lock_actions import lock_end
from forum.accounts.organisations import mailbox_domain, organisation_of
from forum.domains import display_domain
from forum.templating import current_reader

# Imported so that the database, the signals and the job queue know them.
LOADED = (bounce_actions, jobs)
BLUEPRINTS = (
    views.bp,
    two_factor_views.bp,
    passkey_views.bp,
    recovery_phrase_views.bp,
    lock_views.bp,
    work_domain_views.bp,
    device_views.bp,
)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs and template globals."""
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        anonymous_lock_end=lambda: lock_end(current_reader()),
        byline=byline,
        byline_name=byline_name,
        display_domain=display_domain,
        organisation_of=organisation_of,
        reader_mailbox_domain=lambda: mailbox_domain(current_reader()),
    )
