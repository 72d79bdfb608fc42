"""Reports by members, and hiding a text that many of them report."""

from forum import anonymity
from forum.access import is_representative
from forum.accounts.models import Member
from forum.affiliation import is_affiliated
from forum.db import db, now
from forum.moderation.cases import lock_item_cases, open_case
from forum.moderation.decisions.actions import log_decision
from forum.moderation.decisions.effects import explanation
from forum.moderation.decisions.mail import mail_decision
from forum.moderation.models import Case, Flag, Item, target_columns
from forum.moderation.queries import existing_flag, reporter_record, total_flag_weight, weightiest_rule
from forum.moderation.rules import rule_words
from forum.posts.models import Comment, Post
from forum.posts.screening import new_member_limits
from forum.posts.screening.new_member_limits import limits_from_settings
from forum.posts.screening.queries import signed_record
from forum.posts.visibility import hide
from forum.site import setting

MIN_WEIGHT, MAX_WEIGHT = 0.2, 3.0


def flag(reporter: Member, item: Item, *, rule: int, message: str, network: str = "") -> Flag:
    """Report an item; a second report by the same member changes nothing.

    A text whose reports weigh enough is hidden until a moderator has reviewed it. `network` names that of the reporter.
    """
    lock_item_cases(item)
    existing = existing_flag(reporter, item)
    if existing is not None:
        return existing
    case = open_case("flag", item, rule_words(rule), source="flag")
    report = Flag(
        case_id=case.id,
        reporter_id=reporter.id,
        rule=rule,
        message=message,
        weight=flag_weight(reporter, item),
        network_hmac=anonymity.hashed_limit_key(f"report in case {case.id} from {network}") if network else None,
        **target_columns(item),
    )
    db.session.add(report)
    db.session.flush()
    case.weight = total_flag_weight(case)
    if case.weight:
        case.source = "flag"
    if isinstance(item, Post | Comment) and case.weight >= setting("flag_threshold"):
        _hide_until_reviewed(case, item)
    db.session.flush()
    return report


def flag_weight(reporter: Member, item: Item) -> float:
    """Return the weight of a report: more after upheld reports, less after declined ones.

    (1 + upheld) / (1 + declined), between MIN_WEIGHT and MAX_WEIGHT; 0 from the vendor's people, and from an account
    without record: it can be made in a minute, so its reports wait for a moderator and hide nothing.
    """
    post = item.post if isinstance(item, Comment) else item if isinstance(item, Post) else None
    if is_representative(reporter):
        return 0.0
    if post is not None and post.vendor is not None and is_affiliated(reporter, post.vendor):
        return 0.0
    upheld, decided = reporter_record(reporter)
    if not upheld and new_member_limits.is_new(reporter, signed_record(reporter), limits_from_settings(), now()):
        return 0.0
    return min(MAX_WEIGHT, max(MIN_WEIGHT, (1 + upheld) / (1 + decided - upheld)))


def _hide_until_reviewed(case: Case, item: Post | Comment) -> None:
    if item.hidden_at is not None or item.deleted_at is not None:
        return
    decision = log_decision(
        item,
        action="hide",
        rule=weightiest_rule(case),
        facts="Several members reported it independently. Their reports have not been checked yet.",
        reason="Several members reported it independently. No moderator has reviewed it yet.",
        source="flag",
        moderator=None,
    )
    hide(item, explanation(decision))
    item.decision_id, item.hidden_until_review = decision.id, True
    mail_decision(item, decision)
