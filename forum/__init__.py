"""Full Duplex. create_app joins the rooms of the house; no other file knows them all."""

import logging
from collections.abc import Mapping
from typing import Any

from flask import Flask

from forum import backup, config, db, job_runs, jobs, site, web
from forum.accounts.bylines import byline
from forum.accounts.jobs import delete_unconfirmed_members
from forum.accounts.two_factor_views import bp as two_factor
from forum.accounts.views import bp as accounts
from forum.admin import category_views, health_views, member_views, programme_views, setting_views, tag_views
from forum.admin import jobs as admin_jobs
from forum.admin.vendor_views import bp as admin
from forum.mail import deliver_mail
from forum.moderation import listeners as moderation_listeners
from forum.moderation import models as moderation_models
from forum.moderation.decisions.views import bp as statements
from forum.moderation.flags.views import bp as flags
from forum.moderation.jobs import close_orphaned_cases, remove_unedited, expire_notices
from forum.moderation.log.views import bp as moderation_log
from forum.moderation.notices.views import bp as notices
from forum.moderation.queue.bulk_views import bp as moderation
from forum.moderation.representatives.views import bp as representative_decisions
from forum.notifications import listeners as notification_listeners
from forum.notifications import models as notification_models
from forum.notifications.following import reader_follow
from forum.notifications.jobs import send_representative_mails, send_digests
from forum.notifications.mail_views import bp as following
from forum.pages.anonymity_views import bp as what_anonymous_means
from forum.pages.feed_views import bp as feeds
from forum.pages.leaving.views import bp as leaving
from forum.pages.open_data.views import bp as data
from forum.pages.ranking.views import bp as rankings
from forum.pages.representative_dashboard_views import bp as desk
from forum.pages.views import bp as pages
from forum.posts.comment_views import bp as comments
from forum.posts.jobs import publish_scheduled
from forum.posts.official_views import bp as official
from forum.posts.row_html import render_post_row
from forum.posts.scheduled_views import bp as delayed
from forum.posts.views import bp as posts
from forum.ratings.charts.small import glyph, interval_chart, pips
from forum.ratings.charts.tiers import tier_key
from forum.ratings.formatting import format_euros, format_amount
from forum.ratings.scores.jobs import publish_scores
from forum.ratings.views import bp as ratings
from forum.vendors import listeners as vendor_listeners
from forum.vendors.representative_views import bp as representatives
from forum.vendors.views import bp as vendors

# Named here so that the database, the signals and the queue know them.
TABLES = (moderation_models, notification_models, site, job_runs)
ADMIN_PAGES = (category_views, health_views, member_views, programme_views, setting_views, tag_views)
LISTENERS = (notification_listeners, moderation_listeners, vendor_listeners)
JOBS = (
    backup,
    admin_jobs,
    close_orphaned_cases,
    deliver_mail,
    delete_unconfirmed_members,
    publish_scores,
    publish_scheduled,
    remove_unedited,
    expire_notices,
    send_representative_mails,
    send_digests,
)


def create_app(settings: Mapping[str, Any] | None = None) -> Flask:
    """The application, from FORUM_* variables or from the settings given."""
    app = Flask("forum", template_folder=str(db.package_folder("templates")), static_folder=str(db.package_folder("static")))
    app.config.update(settings if settings is not None else config.from_environment())
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("forum").setLevel(app.config.get("LOG_LEVEL", "INFO"))
    for part in (db, jobs, web):
        part.init_app(app)
    for blueprint in (
        pages,
        posts,
        comments,
        official,
        delayed,
        what_anonymous_means,
        leaving,
        ratings,
        rankings,
        accounts,
        two_factor,
        vendors,
        representatives,
        representative_decisions,
        desk,
        admin,
        feeds,
        data,
        following,
        moderation,
        flags,
        moderation_log,
        statements,
        notices,
    ):
        app.register_blueprint(blueprint)
    app.jinja_env.globals.update(
        glyph=glyph, interval=interval_chart, pips=pips, tier_key=tier_key, amount=format_amount, all_euros=format_euros
    )
    app.jinja_env.globals.update(announcement=site.announcement)
    app.jinja_env.globals.update(reader_follow=reader_follow, printed_row=render_post_row)
    app.jinja_env.globals.update(byline=byline, site_name=app.config["SITE_NAME"], site_url=app.config["SITE_URL"])
    return app
