"""The page of a case, with all that is needed to decide it."""

from collections.abc import Container
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from forum.affiliation import is_employee
from forum.db import now
from forum.moderation.evidence.forms import EvidenceRequestForm
from forum.moderation.evidence.queries import requests_of_case
from forum.moderation.kinds import CASE_KINDS
from forum.moderation.models import Case
from forum.moderation.notices.senders import unseal_sender
from forum.moderation.queries import decisions_about_item, flags_with_records, notes_for_case
from forum.moderation.queue.case_queries import author_record, comments_above, scorecard_of
from forum.moderation.queue.forms import DecisionForm, NoteForm
from forum.moderation.queue.next_cases import is_decidable, without_closed_doors
from forum.moderation.queue.queries import CLAIMS, SORTS, TARGETS, Listing, queue_around
from forum.moderation.rules import RULES
from forum.posts.item_queries import revisions_of
from forum.posts.models import Comment, Post
from forum.posts.tags.queries import tag_slugs_of

# Cases listed beside the open one.
CASES_BEFORE, CASES_AFTER = 3, 9


def listing_from_url() -> Listing:
    """Return the list that the moderator came from, as the address says; what it can't mean is left out."""
    choices: dict[str, Container[str]] = {"kind": CASE_KINDS, "sort": SORTS, "claim": CLAIMS, "about": TARGETS}
    return Listing(
        current_user.id, **{name: value for name, value in request.args.items() if value in choices.get(name, ())}
    )


def case_page(
    opened: Case,
    form: DecisionForm,
    note_form: NoteForm | None = None,
    *,
    ask_form: EvidenceRequestForm | None = None,
    held_up_by: str | None = None,
) -> ResponseReturnValue:
    """Render the page. `held_up_by` is the colleague whose claim was in the way of the decision."""
    content, listing = opened.content, listing_from_url()
    page, status = form.render(
        "moderation/case.html",
        case=opened,
        item=opened.item,
        content=content,
        post=content.post if isinstance(content, Comment) else content,
        note_form=note_form or NoteForm(formdata=None),
        sidebar=without_closed_doors(current_user, queue_around(listing, opened, CASES_BEFORE, CASES_AFTER)),
        list_args=listing.args,
        can_decide=is_decidable(current_user, opened) and opened.closed_at is None,
        held_up_by=held_up_by,
        kinds=CASE_KINDS,
        moment=now(),
        rules=RULES,
        evidence_form=ask_form or EvidenceRequestForm(opened, formdata=None),
        **_grounds(opened),
    )
    if held_up_by:
        return page, 409
    return page, 422 if note_form is not None or ask_form is not None else status


def _grounds(opened: Case) -> dict[str, Any]:
    """Return what the decision is made on, beside the text or the member itself."""
    item, content, representative = opened.item, opened.content, opened.representative
    may_read_sender = opened.closed_at is None and is_decidable(current_user, opened)
    return {
        "scorecard": scorecard_of(content) if isinstance(content, Post) else None,
        "tags": tag_slugs_of([content.id]).get(content.id, []) if isinstance(content, Post) else [],
        "above": comments_above(content) if isinstance(content, Comment) else [],
        "record": author_record(opened),
        "evidence": requests_of_case(opened) if opened.closed_at is None else [],
        "revisions": revisions_of(content) if content is not None else [],
        "decisions": decisions_about_item(item) if item is not None else [],
        "reports": flags_with_records(opened),
        "notes": notes_for_case(opened),
        # Only those who can decide read who sent a notice, and only while it is open.
        "sender": unseal_sender(opened.notice) if opened.notice and may_read_sender else None,
        "is_employee": representative is not None and is_employee(representative.member, representative.vendor),
    }
