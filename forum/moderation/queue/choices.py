"""What a moderator can choose in the forms of the queue, and what each choice stands for."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from forum.access import can_act_on
from forum.accounts.models import Member
from forum.db import now, start_of_day
from forum.moderation.decisions.effects import named_member
from forum.moderation.kinds import ACTIONS, CASE_KINDS, Action
from forum.moderation.models import Item
from forum.posts.models import Comment, Post
from forum.site import pinned_post_ids

MEMBER_CHOICES = ("decline", "warn", "suspend_7", "suspend_30", "suspend_other", "ban")
BULK_CHOICES = ("approve", "decline", "ask_to_edit", "hide", "remove")
# A pseudonym can be warned, held or barred; an account can be warned or suspended.
ANONYMOUS_SANCTIONS = ("warn", "hold", "bar_7", "bar_30")
NAMED_SANCTIONS = ("warn", "suspend_7", "suspend_30", "suspend_other")
# A suspension for as many days as the moderator types.
SUSPEND_OTHER, MAX_SUSPENSION = "suspend_other", 3650
APPEAL_ANSWERS = {"upheld": "The decision stands", "reversed": "The decision was wrong: undo it"}


class Choice(NamedTuple):
    """An entry in a moderator's form: an action, and the days it lasts."""

    action: Action
    days: int | None = None


def _choices() -> dict[str, Choice]:
    """An action with several lengths has a choice for each, "bar_7" and "bar_30"."""
    choices = {row.key: Choice(row, row.periods[0] if row.periods else None) for row in ACTIONS.values()}
    for row in ACTIONS.values():
        choices |= {f"{row.key}_{days}": Choice(row, days) for days in row.periods}
    choices[SUSPEND_OTHER] = Choice(ACTIONS["suspend"])
    return choices


CHOICES = _choices()
# Choices that need no rule, as they are not against the author.
RULE_OPTIONAL = frozenset(key for key, choice in CHOICES.items() if not choice.action.is_adverse) | set(APPEAL_ANSWERS)


class ActionValues(NamedTuple):
    """The action of a decision and the last day of its effect, or None."""

    action: str
    ends_at: datetime | None


def parse_choice(key: str, typed_days: int | None = None) -> ActionValues:
    """Return what a choice stands for. Its last day is counted from today. `typed_days` is for SUSPEND_OTHER."""
    action, days = CHOICES[key]
    days = typed_days if key == SUSPEND_OTHER else days
    return ActionValues(action.key, start_of_day(now()) + timedelta(days=days) if days else None)


def choices_for(item: Item | None, kind: str) -> dict[str, str]:
    """Return the choices of a case of this kind about the item, with their labels."""
    if kind in ("appeal", "representative"):
        return labels(CASE_KINDS[kind].choices, CASE_KINDS[kind].source)
    if not isinstance(item, Post | Comment):
        return labels(MEMBER_CHOICES)
    if kind == "held" and item.hidden_at is not None:
        return labels(CASE_KINDS["held"].choices)
    thread = item.post if isinstance(item, Comment) else item
    keys = (*CASE_KINDS["notice" if kind == "notice" else "flag"].choices, "unlock" if thread.locked_at else "lock")
    if isinstance(item, Post):
        keys = (*keys, "move", "merge", "unpin" if item.id in pinned_post_ids() else "pin")
    elif item.pseudonym_id is None and item.official_vendor_id is None:
        keys = (*keys, "split")
    return labels(keys, CASE_KINDS[kind].source)


def sanction_choices(item: Item | None, moderator: Member) -> dict[str, str]:
    """Return the sanctions on the author that can be added to a decision. A member is sanctioned by the decision."""
    if not isinstance(item, Post | Comment) or not can_act_on(moderator, named_member(item)):
        return {"": "None"}
    return {"": "None"} | labels(ANONYMOUS_SANCTIONS if item.pseudonym_id is not None else NAMED_SANCTIONS)


def bulk_choices(keys: Collection[str] = BULK_CHOICES) -> dict[str, str]:
    """Return those of these choices that can be made for many cases at once."""
    return labels(tuple(key for key in BULK_CHOICES if key in keys))


def labels(keys: tuple[str, ...], source: str = "") -> dict[str, str]:
    """Return the labels of these choices."""
    return {key: APPEAL_ANSWERS.get(key) or _label(CHOICES[key], source) for key in keys}


def _label(choice: Choice, source: str) -> str:
    if choice == CHOICES[SUSPEND_OTHER]:
        return "Suspend for another number of days"
    return choice.action.words(source).label.format(days=choice.days)
