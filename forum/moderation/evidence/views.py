"""Pages on which an author or a notice's sender sends evidence, and the files as moderators open them."""

import io

from flask import (
    Blueprint,
    Flask,
    Request,
    Response,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_decide, can_give_evidence, is_member, is_moderator
from forum.accounts.two_factor_views import require_staff
from forum.config import MAX_UPLOAD, is_upload
from forum.db import db
from forum.moderation.evidence.actions import add_file, open_file
from forum.moderation.evidence.files import KINDS
from forum.moderation.evidence.forms import EvidenceForm
from forum.moderation.evidence.models import MAX_FILES, EvidenceRequest
from forum.moderation.evidence.queries import file_by_id, file_count, request_by_id, request_of_file, request_to_sender
from forum.moderation.notices.queries import notice_by_secret_hash
from forum.moderation.notices.senders import hash_secret
from forum.moderation.queries import has_other_staff
from forum.rate_limits import limit_writing, limiter, network_key, was_accepted
from forum.web import permission_required, require

bp = Blueprint("evidence", __name__, url_prefix="/evidence")
FULL = f"You have sent {MAX_FILES} files, which is the most. This one was not stored."


def allow_uploads(app: Flask) -> None:
    """Let bodies of uploads be longer than others, and keep them in memory. Called before anything reads the form."""
    if is_upload(request.path):
        upload: Request = request._get_current_object()  # type: ignore[attr-defined]
        upload.max_content_length = MAX_UPLOAD
        # Otherwise a file larger than 500 KB would lie on the disk as it is.
        upload._get_file_stream = lambda *args, **kwargs: io.BytesIO()  # type: ignore[method-assign]


@bp.route("/<key:request_id>", methods=["GET", "POST"])
@permission_required(is_member)
@limit_writing("30/hour")
def of_author(request_id: int) -> ResponseReturnValue:
    """What the author of a text is asked for, and the form to send it."""
    evidence: EvidenceRequest = db.first_or_404(request_by_id(request_id))
    if not can_give_evidence(current_user, evidence.case):
        abort(404)
    return _page(evidence, url_for(".of_author", request_id=request_id))


@bp.route("/of/<secret>", methods=["GET", "POST"])
@limiter.limit("30/hour", key_func=network_key, methods=["POST"], deduct_when=was_accepted)
def of_sender(secret: str) -> ResponseReturnValue:
    """The same for the sender of a notice, under the secret address of its status page."""
    notice = db.first_or_404(notice_by_secret_hash(hash_secret(secret)))
    evidence = request_to_sender(notice)
    if evidence is None:
        abort(404)
    return _page(evidence, url_for(".of_sender", secret=secret))


@bp.get("/files/<key:file_id>")
def file(file_id: int) -> ResponseReturnValue:
    """A file, for moderators who may decide the case, while it is open."""
    if (page := require_staff(is_moderator)) is not None:
        return page
    row = db.first_or_404(file_by_id(file_id))
    evidence = request_of_file(row)
    if evidence is None:
        abort(404)
    is_only_staff = not has_other_staff({current_user.id})
    require(can_decide(current_user, evidence.case, is_only_staff=is_only_staff))
    content = open_file(row)
    if content is None:
        abort(404)
    name = f"evidence-{row.number}.{row.kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, content_type=KINDS[row.kind], headers=headers)


def _page(evidence: EvidenceRequest, url: str) -> ResponseReturnValue:
    form, is_full = EvidenceForm(), file_count(evidence) >= MAX_FILES
    # Where no more are stored, none is read: a picture takes seconds and much memory.
    if request.method == "POST" and is_full:
        flash(FULL)
        return redirect(url)
    if request.method == "POST" and form.validate() and form.clean_file is not None:
        if add_file(evidence, form.clean_file):
            db.session.commit()
            flash("Your file was sent to the moderators, without its name and metadata.")
        else:
            db.session.rollback()
            flash(FULL)
        return redirect(url)
    values = {"evidence": evidence, "form": form, "url": url, "count": file_count(evidence), "maximum": MAX_FILES}
    page = make_response(render_template("moderation/evidence.html", **values), 422 if form.errors else 200)
    page.headers["Cache-Control"] = "no-store"
    page.headers["X-Robots-Tag"] = "noindex, nofollow"
    return page
