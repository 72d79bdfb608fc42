"""Search: blueprint, and what the database has to know."""

from flask import Flask

from forum.search import indexing, models, views

# Imported so that the database knows the tables, and the index every change of a text.
LOADED = (indexing, models)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    app.register_blueprint(views.bp)
