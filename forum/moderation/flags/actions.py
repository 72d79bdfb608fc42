"""What happens when a member reports something."""

from typing import Any

from forum.access import is_representative, works_for
from forum.accounts.models import Member
from forum.db import db, lock
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import record
from forum.moderation.decisions.effects import words_of
from forum.moderation.models import Case, Flag, about_columns
from forum.moderation.queries import (
    flag_by,
    record_of,
    weight_of_flags,
    weightiest_rule,
)
from forum.moderation.rules import rule_words
from forum.posts.models import Comment, Post
from forum.posts.visibility import hide
from forum.site import setting

LEAST, MOST = 0.2, 3.0


def flag(reporter: Member, item: Any, *, rule: int, words: str) -> Flag:
    """Report it. Saying so twice is saying so once. Enough of them hide a text until a moderator has looked."""
    lock(f"cases about {type(item).__name__} {item.id}")
    known = flag_by(reporter, item)
    if known is not None:
        return known
    case = open_case("flag", item, rule_words(rule))
    made = Flag(
        case_id=case.id,
        reporter_id=reporter.id,
        rule=rule,
        words=words,
        weight=weight_of(reporter, item),
        **about_columns(item),
    )
    db.session.add(made)
    db.session.flush()
    case.weight = weight_of_flags(case)
    if isinstance(item, Post | Comment) and case.weight >= setting("flag_threshold"):
        _hide_until_looked_at(case, item)
    db.session.flush()
    return made


def weight_of(reporter: Member, item: Any) -> float:
    """How much a flag counts: more for whoever was right before, nothing for a vendor's people about the vendor."""
    post = item.post if isinstance(item, Comment) else item if isinstance(item, Post) else None
    if is_representative(reporter) or (
        post is not None and post.vendor is not None and works_for(reporter, post.vendor)
    ):
        return 0.0
    upheld, judged = record_of(reporter)
    return min(MOST, max(LEAST, (1 + upheld) / (1 + judged - upheld)))


def _hide_until_looked_at(case: Case, item: Post | Comment) -> None:
    if item.hidden_at is not None or item.deleted_at is not None:
        return
    rule = weightiest_rule(case)
    decision = record(
        item,
        action="hide",
        rule=rule,
        facts="Several members reported it independently of each other; what they say was not yet checked.",
        reason="Several members reported it. It is hidden until a moderator has looked, whoever wrote it.",
        source="flag",
        moderator=None,
    )
    hide(item, words_of(decision))
    item.decision_id = decision.id
