"""Search: blueprint, and what the database has to know."""

from flask import Flask

from forum.search import indexing, jobs, models, views
from forum.search.result_queries import similar_posts

# Imported so that the database knows the tables, the queue the jobs, and the index every change of a text.
LOADED = (indexing, jobs, models)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals.update(similar_posts=similar_posts)
