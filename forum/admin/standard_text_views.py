"""Edit the standard texts for the reasons of decisions, in each language."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.access import can_administer
from forum.admin.standard_text_forms import StandardTextForm
from forum.admin.views import ADMIN_WRITES, bp
from forum.db import db
from forum.moderation.log.actions import log_change
from forum.moderation.rules import STANDARD_TEXTS
from forum.moderation.standard_texts.actions import save_standard_text
from forum.moderation.standard_texts.models import ENGLISH, LANGUAGES
from forum.moderation.standard_texts.queries import edited_texts, standard_texts
from forum.web import permission_required


@bp.get("/standard-texts")
@permission_required(can_administer)
def standard_texts_list() -> str:
    """List the standard texts in one language."""
    language = _language()
    return render_template(
        "admin/standard_texts.html",
        rows=STANDARD_TEXTS,
        texts=standard_texts(language),
        edited=edited_texts(language),
        language=language,
        languages=LANGUAGES,
    )


@bp.route("/standard-texts/<key>", methods=["GET", "POST"])
@permission_required(can_administer)
@ADMIN_WRITES
def standard_text(key: str) -> ResponseReturnValue:
    """Edit a standard text."""
    if key not in STANDARD_TEXTS:
        abort(404)
    language, label = _language(), STANDARD_TEXTS[key].label
    texts = standard_texts() if language == ENGLISH else edited_texts(language)
    form = StandardTextForm(body=texts.get(key, ""))
    if form.validate_on_submit():
        if save_standard_text(key, language, (form.body.data or "").strip()):
            log_change(current_user, "settings", facts=f"standard text “{label}” in {LANGUAGES[language]}: changed")
            flash("Saved. Moderators get this text from now on.")
        else:
            flash("Nothing was changed.")
        db.session.commit()
        return redirect(url_for(".standard_texts_list", language=language))
    return form.render(
        "admin/standard_text.html",
        label=label,
        language=language,
        language_name=LANGUAGES[language],
        english=standard_texts()[key],
        delivered=STANDARD_TEXTS[key].text,
    )


def _language() -> str:
    """Return the language of the query string, or English."""
    language = request.args.get("language", ENGLISH)
    return language if language in LANGUAGES else ENGLISH
