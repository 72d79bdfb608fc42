"""What can be decided about what, as moderators choose it."""

from datetime import timedelta
from typing import Any

from forum.db import start_of_day, now
from forum.moderation.rules import RULES
from forum.posts.models import Comment, Post

RULE_CHOICES = {str(number): f"{number}. {rule.name}" for number, rule in RULES.items()}
ON_TEXT = {
    "decline": "Decline the reports, it stays",
    "ask_to_edit": "Ask the author to edit (72 hours, hidden until then)",
    "hide": "Hide",
    "remove": "Remove, leave a tombstone",
}
ON_HELD = {
    "approve": "Approve, everybody sees it",
    "ask_to_edit": "Ask the author to edit (72 hours)",
    "remove": "Remove, leave a tombstone",
}
ON_NOTICE = ON_TEXT | {"decline": "Decline the notice: the text stays, no longer disputed"}
ON_THREAD = {
    "lock": "Lock the thread",
    "unlock": "Unlock the thread",
    "move": "Change tags or vendor",
    "merge": "Close it, it goes on in another thread",
}
ON_MEMBER = {
    "decline": "Decline the reports",
    "warn": "Warn",
    "suspend_7": "Suspend for 7 days",
    "suspend_30": "Suspend for 30 days",
    "ban": "Close the account",
}
ON_REQUEST = {
    "approve": "Confirm, they speak for the vendor",
    "decline": "Decline, they may ask again in a month",
}
REQUEST_REASONS = {
    "approve": "The account's address is at a domain of the vendor, and nothing speaks against it.",
    "decline": "It could not be confirmed that this member speaks for the vendor. Ask again in a month, with a title "
    "that shows what you answer for there.",
}
ON_APPEAL = {"upheld": "The decision stands", "reversed": "The decision was wrong: undo it"}
SANCTIONS = {
    "anonymous": {
        "": "None",
        "warn": "Warning",
        "hold": "Hold what they write anonymously, for 30 days",
        "bar_7": "No anonymous writing for 7 days",
        "bar_30": "No anonymous writing for 30 days",
    },
    "named": {
        "": "None",
        "warn": "Warning",
        "suspend_7": "No writing for 7 days",
        "suspend_30": "No writing for 30 days",
    },
}
# What is not against the author rests on no rule.
HARMLESS = ("decline", "approve", "unlock", "move", "merge", "upheld", "reversed")


def parse_choice(choice: str) -> dict[str, Any]:
    """ "bar_7" is the action "bar" with its last day; a hold lasts 30 days."""
    action, _, days = choice.partition("_") if choice.endswith(("_7", "_30")) else (choice, "", "30")
    if action in ("bar", "suspend", "hold"):
        return {"action": action, "until": start_of_day(now()) + timedelta(days=int(days))}
    return {"action": action}


def actions_for(item: Any, kind: str) -> dict[str, str]:
    """What can be decided about it."""
    if kind == "appeal":
        return ON_APPEAL
    if kind == "representative":
        return ON_REQUEST
    if not isinstance(item, Post | Comment):
        return ON_MEMBER
    if kind == "held" and item.hidden_at is not None:
        return ON_HELD
    thread = item.post if isinstance(item, Comment) else item
    more = {"unlock": ON_THREAD["unlock"]} if thread.locked_at else {"lock": ON_THREAD["lock"]}
    if isinstance(item, Post):
        more |= {"move": ON_THREAD["move"], "merge": ON_THREAD["merge"]}
    return (ON_NOTICE if kind == "notice" else ON_TEXT) | more
