"""Full Duplex: the application factory. It lists the rooms; each room's setup.py registers what is in it."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers

from forum import config, db, error_tracking, job_runs, jobs, mail, page_values, request_metrics, storage, web
from forum.accounts.setup import init_app as init_accounts
from forum.admin.setup import init_app as init_admin
from forum.backup import jobs as backup_jobs
from forum.imports.setup import init_app as init_imports
from forum.legal.setup import init_app as init_legal
from forum.moderation.setup import init_app as init_moderation
from forum.notifications.setup import init_app as init_notifications
from forum.pages.setup import init_app as init_pages
from forum.posts.setup import init_app as init_posts
from forum.ratings.setup import init_app as init_ratings
from forum.search.setup import init_app as init_search
from forum.vendors.setup import init_app as init_vendors

# Imported so that the database and the job queue know their tables and jobs.
LOADED = (backup_jobs, job_runs, mail, storage)
ROOMS = (
    init_pages,
    init_posts,
    init_ratings,
    init_accounts,
    init_vendors,
    init_search,
    init_admin,
    init_notifications,
    init_moderation,
    init_imports,
    init_legal,
)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """Return the application, configured by FORUM_* variables or by these settings."""
    app = web.Site(
        "forum", template_folder=str(db.package_folder("templates")), static_folder=str(db.package_folder("static"))
    )
    app.config.update(settings if settings is not None else config.from_environment())
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("forum").setLevel(app.config.get("LOG_LEVEL", "INFO"))
    for part in (db, jobs, page_values, web, request_metrics, error_tracking):
        part.init_app(app)
    for init_room in ROOMS:
        init_room(app)
    configure_mappers()  # a page that reads its reader without a session needs them
    return app
