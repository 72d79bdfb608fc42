"""Posts: blueprints, jobs and template globals."""

from flask import Flask, Response

from forum.posts import (
    comment_views,
    draft_views,
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
VIEWS = (views, comment_views, draft_views, official_views, preview_views, rating_views, scheduled_views)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for room_views in VIEWS:
        app.register_blueprint(room_views.bp)
    app.after_request(_settle_recounts)
    app.after_request(_discard_draft)
    app.jinja_env.globals.update(render_post_row=render_post_row)


def _settle_recounts(response: Response) -> Response:
    settle_after_request()
    return response


def _discard_draft(response: Response) -> Response:
    draft_views.discard_published_draft(response.status_code)
    return response
