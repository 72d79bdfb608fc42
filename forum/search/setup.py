"""Search: blueprint, and what the database has to know."""

from flask import Flask

from forum.search import views


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    app.register_blueprint(views.bp)
