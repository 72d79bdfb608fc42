"""Register the notifications room with the application."""

from flask import Flask

from forum.notifications import jobs, listeners, mail_views, models, news_views, views
from forum.notifications.bell import bell
from forum.notifications.following import reader_follow, reader_follow_of_thread

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs, listeners, mail_views, models)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs, listeners and template globals."""
    app.register_blueprint(views.bp)
    app.register_blueprint(news_views.bp)
    app.jinja_env.globals.update(
        bell=bell, reader_follow=reader_follow, reader_follow_of_thread=reader_follow_of_thread
    )
