"""Vendors: blueprints and listeners."""

from flask import Flask

from forum.vendors import listeners, representative_views, views

# Imported so that the database, the signals and the job queue know them.
LOADED = (listeners,)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (views.bp, representative_views.bp):
        app.register_blueprint(blueprint)
