"""Admin: blueprint and jobs."""

from flask import Flask

from forum.admin import (
    category_views,
    correction_views,
    health_views,
    jobs,
    legal_views,
    member_views,
    programme_views,
    registration_views,
    setting_views,
    standard_text_views,
    tag_views,
    vendor_views,
    views,
)
from forum.admin.catalogue import views as catalogue_views

# Imported so that the database, the signals and the job queue know them.
LOADED = (jobs,)
# All of admin's pages are on one blueprint; each of these modules adds its own.
PAGES = (
    catalogue_views,
    category_views,
    correction_views,
    health_views,
    legal_views,
    member_views,
    programme_views,
    registration_views,
    setting_views,
    standard_text_views,
    tag_views,
    vendor_views,
)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (views.bp,):
        app.register_blueprint(blueprint)
