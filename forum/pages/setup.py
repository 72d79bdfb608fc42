"""Pages: blueprints and a job."""

from flask import Flask

from forum.pages import anonymity_views, branding_views, feed_views, representative_dashboard_views, status_views, views
from forum.pages.leaving import request_views
from forum.pages.leaving import views as leaving_views
from forum.pages.open_data import jobs as open_data_jobs
from forum.pages.open_data import models as open_data_models
from forum.pages.open_data import views as open_data_views
from forum.pages.ranking import views as ranking_views
from forum.pages.saved import jobs as saved_jobs
from forum.pages.saved import models as saved_models
from forum.pages.saved import views as saved_views

# Imported here, so that the job queue and the database know them.
LOADED = (open_data_jobs, open_data_models, saved_jobs, saved_models)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (
        views.bp,
        anonymity_views.bp,
        branding_views.bp,
        leaving_views.bp,
        request_views.bp,
        ranking_views.bp,
        representative_dashboard_views.bp,
        feed_views.bp,
        open_data_views.bp,
        saved_views.bp,
        status_views.bp,
    ):
        app.register_blueprint(blueprint)
