"""Pages: blueprints."""

from flask import Flask

from forum.pages import anonymity_views, feed_views, representative_dashboard_views, status_views, views
from forum.pages.leaving import views as leaving_views
from forum.pages.open_data import views as open_data_views
from forum.pages.ranking import views as ranking_views


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (
        views.bp,
        anonymity_views.bp,
        leaving_views.bp,
        ranking_views.bp,
        representative_dashboard_views.bp,
        feed_views.bp,
        open_data_views.bp,
        status_views.bp,
    ):
        app.register_blueprint(blueprint)
