"""What happens when a member reports something."""

from typing import Any

from forum.access import is_representative, is_affiliated
from forum.accounts.models import Member
from forum.db import db, lock
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import log_decision
from forum.moderation.decisions.effects import explanation
from forum.moderation.models import Case, Flag, target_columns
from forum.moderation.queries import (
    existing_flag,
    reporter_record,
    total_flag_weight,
    weightiest_rule,
)
from forum.moderation.rules import rule_words
from forum.posts.models import Comment, Post
from forum.posts.visibility import hide
from forum.site import setting

MIN_WEIGHT, MAX_WEIGHT = 0.2, 3.0


def flag(reporter: Member, item: Any, *, rule: int, message: str) -> Flag:
    """Report it. Saying so twice is saying so once. Enough of them hide a text until a moderator has looked."""
    lock(f"cases about {type(item).__name__} {item.id}")
    known = existing_flag(reporter, item)
    if known is not None:
        return known
    case = open_case("flag", item, rule_words(rule))
    made = Flag(
        case_id=case.id,
        reporter_id=reporter.id,
        rule=rule,
        message=message,
        weight=flag_weight(reporter, item),
        **target_columns(item),
    )
    db.session.add(made)
    db.session.flush()
    case.weight, case.source = total_flag_weight(case), "flag"
    if isinstance(item, Post | Comment) and case.weight >= setting("flag_threshold"):
        _hide_until_looked_at(case, item)
    db.session.flush()
    return made


def flag_weight(reporter: Member, item: Any) -> float:
    """How much a flag counts: more for whoever was right before, nothing for a vendor's people about the vendor."""
    post = item.post if isinstance(item, Comment) else item if isinstance(item, Post) else None
    if is_representative(reporter) or (
        post is not None and post.vendor is not None and is_affiliated(reporter, post.vendor)
    ):
        return 0.0
    upheld, judged = reporter_record(reporter)
    return min(MAX_WEIGHT, max(MIN_WEIGHT, (1 + upheld) / (1 + judged - upheld)))


def _hide_until_looked_at(case: Case, item: Post | Comment) -> None:
    if item.hidden_at is not None or item.deleted_at is not None:
        return
    rule = weightiest_rule(case)
    decision = log_decision(
        item,
        action="hide",
        rule=rule,
        facts="Several members reported it independently of each other; what they say was not yet checked.",
        reason="Several members reported it. It is hidden until a moderator has looked, whoever wrote it.",
        source="flag",
        moderator=None,
    )
    hide(item, explanation(decision))
    item.decision_id = decision.id
