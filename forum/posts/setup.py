"""Posts: blueprints, jobs and template globals."""

from flask import Flask, Response

from forum.posts import (
    comment_views,
    jobs,
    official_views,
    preview_views,
    rating_views,
    scheduled_views,
    views,
)
from forum.posts.recounts import settle_after_request
from forum.posts.row_html import render_post_row

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs,)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for room_views in (views, comment_views, official_views, preview_views, rating_views, scheduled_views):
        app.register_blueprint(room_views.bp)
    app.after_request(_settle_recounts)
    app.jinja_env.globals.update(render_post_row=render_post_row)


def _settle_recounts(response: Response) -> Response:
    settle_after_request()
    return response
