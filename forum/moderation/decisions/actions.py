"""Make, log and reverse decisions. A decision, its row in the log and its effects are one transaction.

`decide` closes a case. `apply_action` does and logs one thing without a case. `reverse` undoes a decision by another.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy.orm.attributes import set_committed_value

from forum.accounts.models import Member
from forum.db import db, lock, now
from forum.moderation.cases import lock_item_cases
from forum.moderation.decisions.effects import EFFECTS, undo
from forum.moderation.decisions.mail import mail_admins_of_decision, mail_decision
from forum.moderation.evidence.actions import delete_evidence
from forum.moderation.kinds import ACTIONS, ON_MEMBER, ON_THREAD, TAKES_TEXT, TARGETS, UNDONE_BY
from forum.moderation.models import Case, Content, Decision, Flag, Item, WithheldText, target_columns
from forum.moderation.notices.outcomes import close_notice
from forum.moderation.queries import find_open_cases, highest_staff_number, next_log_number, reversal_of
from forum.moderation.signals import decided
from forum.posts.models import Comment, Post
from forum.posts.visibility import unhide

AUTOMATIC_NAME = "automatic"


class Grounds(TypedDict):
    """What a decision is based on: the rule, the facts for the author, and the public reason."""

    rule: int | None
    facts: str
    reason: str


class DecisionValues(Grounds, total=False):
    """The arguments that decide() hands on to apply_action()."""

    ends_at: datetime | None
    notify: bool
    options: Mapping[str, object] | None


class AlreadyDecided(Exception):
    """Someone else decided first, or has claimed the case."""


def decide(case: Case, moderator: Member, *, action: str, **values: Unpack[DecisionValues]) -> Decision:
    """Decide a case and close it, and every other case about a text that the action takes.

    Raise AlreadyDecided, with nothing changed, when a colleague was first.
    """
    content = case.content
    if content is not None:
        lock_item_cases(content)
    close_case(case, moderator)
    decision = apply_action(action_target(case, action), moderator, action=action, source=case.source, **values)
    _link(case, decision)
    if case.kind == "flag" and content is not None and content.hidden_until_review:
        # The moderator has reviewed it and left it up.
        unhide(content)
    if action in TAKES_TEXT and content is not None:
        close_related_cases(content, decision, moderator)
    db.session.flush()
    return decision


def close_related_cases(item: Item, decision: Decision, moderator: Member) -> None:
    """Close the open cases about what the decision takes, unless a colleague has claimed them."""
    for related in find_open_cases(item):
        _close_with(related, decision, moderator)


def apply_action(
    item: Item,
    moderator: Member | None,
    *,
    action: str,
    source: str,
    ends_at: datetime | None = None,
    notify: bool = True,
    options: Mapping[str, object] | None = None,
    **grounds: Unpack[Grounds],
) -> Decision:
    """Do one thing to a post, a comment or a member, and log it. Without a moderator the decision is automatic.

    `options` are the keyword arguments of the action's effect: `tags` and `subject` of "move", `into` of "merge".
    `notify` mails the author.
    """
    if action in TAKES_TEXT:
        lock(f"text {item.id}")
    decision = log_decision(item, action=action, source=source, moderator=moderator, ends_at=ends_at, **grounds)
    EFFECTS[action](item, decision, **(options or {}))
    db.session.flush()
    decided.send(decision)
    mail_admins_of_decision(decision)
    if notify:
        mail_decision(item, decision)
    return decision


def remove_unedited_text(item: Content, *, notify: bool = True) -> Decision:
    """Remove a text that its author did not edit in time, as a moderator had asked: under the rule of the request."""
    request = db.session.get(Decision, item.decision_id or 0)
    return apply_action(
        item,
        None,
        action="remove",
        source="automated",
        rule=request.rule if request is not None else None,
        facts="A moderator asked for an edit, and none was made within 72 hours.",
        reason="It was not edited within 72 hours. You can appeal for six months.",
        notify=notify,
    )


def reverse(decision: Decision, moderator: Member, *, reason: str, facts: str = "", source: str = "own") -> Decision:
    """Undo a decision by a new one. Raise AlreadyDecided when it was reversed before or cannot be reversed."""
    lock(f"decision {decision.id}")
    item = decision.item
    if item is None or decision.action not in UNDONE_BY or reversal_of(decision) is not None:
        raise AlreadyDecided
    reversal = log_decision(
        item,
        action=UNDONE_BY[decision.action],
        rule=None,
        facts=facts,
        reason=reason,
        source=source,
        moderator=moderator,
        reverses=decision.id,
    )
    undo(item, decision)
    # The members who reported it were not right after all.
    for case in db.session.query(Case).filter_by(decision_id=decision.id):
        _settle_flags(case, upheld=False)
    db.session.flush()
    decided.send(reversal)
    mail_admins_of_decision(reversal)
    mail_decision(item, reversal)
    return reversal


def log_decision(
    item: Item,
    *,
    action: str,
    source: str,
    moderator: Member | None,
    ends_at: datetime | None = None,
    reverses: int | None = None,
    target: str | None = None,
    **grounds: Unpack[Grounds],
) -> Decision:
    """Add the row to the log. `target` is a key of TARGETS, needed when it does not follow from the item."""
    _require_fitting_rule(action, grounds["rule"], source)
    decision = Decision(
        action=action,
        target_label=TARGETS[target or _target(item, action)],
        source=source,
        automated=moderator is None,
        leaning=item.leaning if isinstance(item, Post) else None,
        ends_at=ends_at,
        moderator_id=moderator.id if moderator else None,
        moderator_name=moderator_log_name(moderator) if moderator else AUTOMATIC_NAME,
        reverses_id=reverses,
        **grounds,
        **_columns(item, action) | {"id": _log_number(item, action, source)},
    )
    db.session.add(decision)
    db.session.flush()
    _store_text(item, decision)
    return decision


def _require_fitting_rule(action: str, rule: int | None, source: str) -> None:
    """Raise ValueError unless a decision against the author cites a rule, and any other none.

    A job goes by the decision before it, which may be from an earlier version.
    """
    if source != "automated" and ACTIONS[action].is_adverse != (rule is not None):
        raise ValueError(f"{action} and rule {rule} don't fit together")


def _log_number(item: Item, action: str, source: str) -> int:
    """Return the next number of the log, or a random negative one if the decision is only counted in public.

    That is so when an anonymous text was held and approved: whoever put an alias on hold would know its author's later
    texts by those entries, and a gap in the public numbers would date them.
    """
    is_listed = action != "approve" or source != "filter" or getattr(item, "pseudonym_id", None) is None
    return next_log_number() if is_listed else -secrets.choice(range(10**9, 2**31))


def moderator_log_name(moderator: Member) -> str:
    """Return the moderator's name in the log, such as "moderator 3", or their own name if they chose so.

    A number is assigned with the first decision.
    """
    if moderator.named_in_log:
        return moderator.name
    if moderator.staff_number is None:
        lock("staff numbers")
        moderator.staff_number = highest_staff_number() + 1
        db.session.flush()
    return f"moderator {moderator.staff_number}"


def close_case(case: Case, moderator: Member | None) -> None:
    """Take the case out of the queue. Raise AlreadyDecided when it is closed or claimed by a colleague.

    One statement, so that of two moderators at the same time one finds it closed.
    """
    closed_at = now()
    is_free = (Case.claimed_until.is_(None)) | (Case.claimed_until < closed_at)
    if moderator is not None:
        is_free = is_free | (Case.claimed_by_id == moderator.id)
    open_case = db.session.query(Case).filter(Case.id == case.id, Case.closed_at.is_(None), is_free)
    if not open_case.update({"closed_at": closed_at}, synchronize_session=False):
        raise AlreadyDecided
    set_committed_value(case, "closed_at", closed_at)
    delete_evidence(case.id)


def action_target(case: Case, action: str) -> Item:
    """Return what the action applies to: the text, its thread, or the member. The case's item must still exist."""
    item = case.item
    assert item is not None
    return item.post if action in ON_THREAD and isinstance(item, Comment) else item


def _close_with(case: Case, decision: Decision, moderator: Member) -> None:
    """Close another case about the same text with the decision, unless a colleague has claimed it."""
    try:
        close_case(case, moderator)
    except AlreadyDecided:
        return
    _link(case, decision)


def _link(case: Case, decision: Decision) -> None:
    """Answer what the case is about with the decision: its flags and its notice."""
    case.decision_id = decision.id
    _settle_flags(case, upheld=ACTIONS[decision.action].upholds_flags)
    close_notice(case, decision)


def _columns(item: Item, action: str) -> dict[str, int]:
    """A sanction on a named author is about the member, one on a pseudonym about the text written under it."""
    if action in ON_MEMBER and isinstance(item, Post | Comment) and item.author_id is not None:
        return {"member_id": item.author_id}
    return target_columns(item)


def _target(item: Item, action: str) -> str:
    if action in ON_MEMBER or isinstance(item, Member):
        return "anonymous_author" if getattr(item, "pseudonym_id", None) is not None else "member"
    return "comment" if isinstance(item, Comment) else "post"


def _store_text(item: Item, decision: Decision) -> None:
    """Keep the text that the decision hides for its author."""
    if decision.action not in TAKES_TEXT or isinstance(item, Member):
        return
    title = item.title if isinstance(item, Post) else None
    db.session.add(WithheldText(decision_id=decision.id, title=title, body=item.body))
    db.session.flush()


def _settle_flags(case: Case, *, upheld: bool) -> None:
    db.session.query(Flag).filter_by(case_id=case.id).update(
        {"outcome": "upheld" if upheld else "declined", "network_hmac": None}
    )
