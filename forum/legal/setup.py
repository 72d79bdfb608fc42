"""Register the legal pages with the application."""

from flask import Flask

from forum.legal import views
from forum.legal.models import PAGE_KINDS
from forum.legal.queries import written_pages


def init_app(app: Flask) -> None:
    """Register the blueprint, and what the footer of each page needs."""
    app.register_blueprint(views.bp)
    app.jinja_env.globals.update(
        missing_legal_pages=views.missing_for_reader, written_legal_pages=written_pages, LEGAL_PAGES=PAGE_KINDS
    )
