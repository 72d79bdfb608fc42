"""Register the accounts room with the application."""

from flask import Flask

from forum.accounts import jobs, lock_views, passkey_views, recovery_phrase_views, two_factor_views, views
from forum.accounts.bylines import byline
from forum.accounts.lock_actions import lock_end
from forum.templating import current_reader

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs,)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs and template globals."""
    for blueprint in (views.bp, two_factor_views.bp, passkey_views.bp, recovery_phrase_views.bp, lock_views.bp):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(byline=byline, anonymous_lock_end=lambda: lock_end(current_reader()))
