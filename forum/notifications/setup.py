"""Register the notifications room with the application."""

from flask import Flask, Response

from forum.notifications import (
    jobs,
    listeners,
    mail_views,
    mention_jobs,
    mention_views,
    models,
    news_views,
    search_views,
    views,
)
from forum.notifications.bell import bell
from forum.notifications.mention_actions import settle_after_request
from forum.notifications.search_follows import reader_follows_search

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs, listeners, mail_views, mention_jobs, models, search_views)


def init_app(app: Flask) -> None:
    """Register blueprints, jobs, listeners and template globals."""
    app.register_blueprint(views.bp)
    app.register_blueprint(news_views.bp)
    app.register_blueprint(mention_views.bp)
    app.after_request(_settle_mentions)
    app.jinja_env.globals.update(
        bell=bell,
        reader_follows_search=reader_follows_search,
    )


def _settle_mentions(response: Response) -> Response:
    settle_after_request()
    return response
