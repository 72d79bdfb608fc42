"""Register the notifications room with the application."""

from flask import Flask

from forum.notifications import jobs, listeners, mail_views, models, views
from forum.notifications.following import reader_follow, reader_follow_of_thread

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs, listeners, mail_views, models)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs, listeners and template globals."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals.update(reader_follow=reader_follow, reader_follow_of_thread=reader_follow_of_thread)
