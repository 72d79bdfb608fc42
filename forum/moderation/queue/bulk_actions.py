"""One decision on many cases, in one transaction."""

from collections.abc import Sequence
from typing import NamedTuple, Unpack

from forum.access import can_decide
from forum.accounts.models import Member
from forum.moderation.decisions.actions import AlreadyDecided, Grounds, decide
from forum.moderation.decisions.mail import is_mailed, mail_decision
from forum.moderation.models import Case, Decision
from forum.moderation.queue.choices import choices_for
from forum.posts.models import Comment, Post


class BulkCounts(NamedTuple):
    """How many cases were decided, and how many were skipped."""

    decided: int
    skipped: int


def decide_many(cases: Sequence[Case], moderator: Member, *, action: str, **grounds: Unpack[Grounds]) -> BulkCounts:
    """Apply one decision to all the cases. Skip those it does not apply to and those a colleague has claimed.

    Each author gets one mail, however many of their texts it is about.
    """
    decided = 0
    decisions_by_author: dict[int, list[tuple[Post | Comment, Decision]]] = {}
    for case in cases:
        content = case.content
        if content is None or action not in choices_for(content, case.kind) or not can_decide(moderator, case):
            continue
        try:
            decision = decide(case, moderator, action=action, notify=False, **grounds)
        except AlreadyDecided:
            continue
        decided += 1
        if content.author_id is not None and is_mailed(content, decision):
            decisions_by_author.setdefault(content.author_id, []).append((content, decision))
    for decisions in decisions_by_author.values():
        mail_decision(*decisions[0], other_count=len(decisions) - 1)
    return BulkCounts(decided, len(cases) - decided)
