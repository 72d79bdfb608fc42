"""How soon mail announces each kind of news: at once, daily, weekly or never.

There is no kind of its own for anonymous writing: who changed its pace would be known to write anonymously. It follows
the pace of followed posts, once a day at most.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

NOW, DAILY, WEEKLY, NEVER = "now", "daily", "weekly", "never"
PACES = {NOW: "At once", DAILY: "Daily", WEEKLY: "Weekly", NEVER: "Never"}


class MailKind(NamedTuple):
    """A kind of mail: its label and hint in the settings, what sentences call it, and its pace at first."""

    label: str
    hint: str
    subject: str
    default: str


MAIL_KINDS: Mapping[str, MailKind] = {
    "reply": MailKind("Replies to you", "to a post or reply that you signed", "replies to you", NOW),
    "mention": MailKind("Mentions", "someone writes your name with an @", "mentions of your name", NOW),
    "official": MailKind("Official replies", "a vendor answers in a post you follow", "official replies", NOW),
    "post": MailKind("Posts you follow", "new replies in them", "posts you follow", DAILY),
    "topic": MailKind("Vendors, tags and searches you follow", "new posts", "new posts in what you follow", DAILY),
    "represented": MailKind("Your vendor", "new posts about the vendor you represent", "your vendor", DAILY),
}
# The kinds of news that are one kind of mail.
TOPICS = ("vendor", "tag", "search")


def mail_kind_of(news_kind: str) -> str | None:
    """Return the kind of mail that announces a kind of news, or None when no mail does."""
    if news_kind in TOPICS:
        return "topic"
    return news_kind if news_kind in MAIL_KINDS else None


def pace_of(paces: Mapping[str, str], kind: str) -> str:
    """Return the chosen pace of a kind of mail, or the one that it has at first."""
    return paces.get(kind, MAIL_KINDS[kind].default)


def kinds_at(paces: Mapping[str, str], due: Iterable[str]) -> frozenset[str]:
    """Return the kinds of mail whose pace is one of these."""
    return frozenset(kind for kind in MAIL_KINDS if pace_of(paces, kind) in due)


def same_pace(pace: str) -> dict[str, str]:
    """Return one pace for every kind."""
    return dict.fromkeys(MAIL_KINDS, pace)
