"""What moderation does when other rooms say that something happened. Imported once, at the top of the house."""

from typing import Any

from forum.moderation.cases import open_case
from forum.moderation.models import Decision
from forum.moderation.notices.outcomes import mail_senders_of_reversal
from forum.moderation.signals import decided
from forum.posts.signals import item_held
from forum.vendors.models import Representative
from forum.vendors.signals import representation_requested


@item_held.connect
def _into_the_queue(item: Any, reason: str) -> None:
    """Something was held: it waits in the queue."""
    open_case("held", item, reason, by_author=True)


@decided.connect
def _tell_those_outside(decision: Decision) -> None:
    """A decision was undone: whoever sent the notice that it answered learns of it."""
    if decision.reverses_id is not None:
        mail_senders_of_reversal(decision)


@representation_requested.connect
def _asked(request: Representative) -> None:
    """Somebody wants to speak for a vendor: a moderator decides."""
    reason = f"Asks to speak for {request.vendor.name} as {request.title}"
    open_case("representative", request.member, reason, representative_id=request.id)
