"""What moderation does when something happens elsewhere."""

from forum.moderation.cases import open_case, replace_held_case
from forum.moderation.models import Decision
from forum.moderation.notices.outcomes import mail_senders_of_reversal
from forum.moderation.signals import decided
from forum.posts.models import Comment, Post
from forum.posts.signals import held_item_changed, item_held
from forum.vendors.models import Representative
from forum.vendors.signals import representation_requested


@item_held.connect
def _open_held_case(item: Post | Comment, reason: str) -> None:
    open_case("held", item, reason, by_author=True)


@held_item_changed.connect
def _replace_held_case(item: Post | Comment) -> None:
    replace_held_case(item)


@decided.connect
def _mail_senders(decision: Decision) -> None:
    if decision.reverses_id is not None:
        mail_senders_of_reversal(decision)


@representation_requested.connect
def _open_request_case(request: Representative) -> None:
    reason = f"Wants to represent {request.vendor.name} as {request.title}"
    open_case("representative", request.member, reason, representative_id=request.id)
