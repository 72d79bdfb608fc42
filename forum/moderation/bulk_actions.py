"""One decision on many cases, in one transaction."""

from collections.abc import Sequence

from forum.access import can_decide
from forum.accounts.models import Member
from forum.moderation.actions import DecidedAlready, decide
from forum.moderation.forms import actions_for
from forum.moderation.models import Case


def decide_many(
    cases: Sequence[Case], moderator: Member, *, action: str, rule: int | None, facts: str, reason: str
) -> tuple[int, int]:
    """Decide all alike: how many were, and how many were left because it does not fit them or came too late."""
    done = 0
    for case in cases:
        item = case.comment or case.post
        if item is None or action not in actions_for(item, case.kind) or not can_decide(moderator, case):
            continue
        try:
            decide(case, moderator, action=action, rule=rule, facts=facts, reason=reason)
        except DecidedAlready:
            continue
        done += 1
    return done, len(cases) - done
