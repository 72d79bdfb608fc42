"""One decision on many cases, in one transaction."""

from collections.abc import Sequence
from typing import Any

from forum.access import can_decide
from forum.accounts.models import Member
from forum.moderation.decisions.actions import AlreadyDecided, decide
from forum.moderation.decisions.mail import mail_decision
from forum.moderation.kinds import actions_for
from forum.moderation.models import Case, Decision


def decide_many(
    cases: Sequence[Case], moderator: Member, *, action: str, rule: int | None, facts: str, reason: str
) -> tuple[int, int]:
    """Decide all alike: how many were, and how many were left because it does not fit them or came too late."""
    done = 0
    told: dict[int, list[tuple[Any, Decision]]] = {}
    for case in cases:
        item = case.comment or case.post
        if item is None or action not in actions_for(item, case.kind) or not can_decide(moderator, case):
            continue
        try:
            made = decide(case, moderator, action=action, rule=rule, facts=facts, reason=reason, notify=False)
        except AlreadyDecided:
            continue
        done += 1
        if item.author_id is not None:
            told.setdefault(item.author_id, []).append((item, made))
    # One mail to each author, however many of their texts it is about.
    for decisions in told.values():
        mail_decision(*decisions[0], others=len(decisions) - 1)
    return done, len(cases) - done
