"""Register the notifications room with the application."""

from flask import Flask

from forum.notifications import jobs, listeners, mail_views, models
from forum.notifications.following import reader_follow

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs, listeners, models)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs, listeners and template globals."""
    for blueprint in (mail_views.bp,):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(reader_follow=reader_follow)
