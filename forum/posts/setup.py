"""Posts: blueprints, jobs and template globals."""

from flask import Flask

from forum.posts import comment_views, jobs, official_views, scheduled_views, views
from forum.posts.row_html import render_post_row

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs,)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (views.bp, comment_views.bp, official_views.bp, scheduled_views.bp):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(render_post_row=render_post_row)
