"""Imports: blueprint and template globals."""

from flask import Flask

from forum.imports import views
from forum.imports.queries import stand_ins_of


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals.update(has_imported_writing=lambda member: bool(stand_ins_of(member)))
