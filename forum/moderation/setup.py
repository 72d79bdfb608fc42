"""Moderation: blueprints, listeners and jobs."""

from flask import Flask, request_started

from forum.moderation import jobs, listeners, models
from forum.moderation.decisions import views as decision_views
from forum.moderation.evidence import models as evidence_models
from forum.moderation.evidence import views as evidence_views
from forum.moderation.evidence.queries import request_to_sender
from forum.moderation.flags import views as flag_views
from forum.moderation.log import hidden_views, transparency_views
from forum.moderation.log import views as log_views
from forum.moderation.log.review_times import usual_review_time
from forum.moderation.notices import views as notice_views
from forum.moderation.queue import blueprint as queue
from forum.moderation.queue import case_views, member_views, undo_views
from forum.moderation.queue import listeners as queue_listeners
from forum.moderation.queue import views as queue_views
from forum.moderation.representatives import views as representative_views
from forum.moderation.rules import rule_words
from forum.moderation.spam import jobs as spam_jobs
from forum.moderation.spam import listeners as spam_listeners
from forum.moderation.spam import models as spam_models
from forum.moderation.spam import views as spam_views
from forum.moderation.staff_mail import jobs as staff_mail_jobs
from forum.moderation.staff_mail import views as staff_mail_views
from forum.moderation.wording import log_words

# Imported so that the blueprint of the queue, the database, the signals and the job queue know them.
VIEWS = (hidden_views, queue_views, case_views, member_views, undo_views, transparency_views)
LOADED = (*VIEWS, jobs, listeners, models, evidence_models, queue_listeners, staff_mail_jobs)
SPAM = (spam_jobs, spam_listeners, spam_models)


def init_app(app: Flask) -> None:
    """Register the room with the application."""
    for blueprint in (
        queue.bp,
        flag_views.bp,
        log_views.bp,
        decision_views.bp,
        notice_views.bp,
        evidence_views.bp,
        representative_views.bp,
        spam_views.bp,
        staff_mail_views.bp,
    ):
        app.register_blueprint(blueprint)
    request_started.connect(evidence_views.allow_uploads, app)
    app.jinja_env.globals.update(log_words=log_words, rule_words=rule_words, usual_review_time=usual_review_time)
    app.jinja_env.globals.update(evidence_of=request_to_sender)
