"""The tables of moderation: kinds of case, actions, sources, targets and the outcomes of notices.

Whatever depends on an action is in its row of ACTIONS; every other table of actions is derived from these rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

# Stands for the source where an action has other words when no person decided.
AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Words:
    """What an action is called where its source makes a difference. Without a text the action's own one is used."""

    label: str = ""
    log: str = ""
    author: str = ""


@dataclass(frozen=True)
class Action:
    """One thing that a moderator can do."""

    key: str
    # What the public log says was done.
    log: str
    # What the author or member concerned is told.
    author: str
    # The choice in a moderator's form; `{days}` stands for the length of a sanction.
    label: str = ""
    # Short name of the tab in the log that lists these decisions.
    tab: str = ""
    scope: Literal["text", "thread", "member", "site"] = "text"
    # Against the author, so it needs a rule, can be appealed, and the reports that asked for it were right.
    is_adverse: bool = False
    # Not against the author, but the reports were right.
    is_correction: bool = False
    # Hides the text, which is stored for its author with the decision.
    takes_text: bool = False
    # Lengths in days among which the moderator chooses.
    periods: tuple[int, ...] = ()
    # Action of the decision that reverses this one; None when it cannot be reversed.
    undone_by: str | None = None
    notice_outcome: str = "changed"
    by_source: Mapping[str, Words] = field(default_factory=dict)

    @property
    def upholds_flags(self) -> bool:
        """Whether the members who reported the item were right."""
        return self.is_adverse or self.is_correction

    def words(self, source: str) -> Words:
        """Return the words for a decision from this source."""
        special = self.by_source.get(source, Words())
        return Words(special.label or self.label, special.log or self.log, special.author or self.author)


_ROWS = (
    Action(
        "decline",
        "Reports declined, nothing changed",
        "The reports about it were declined: everyone can read it",
        "Decline the reports: it stays",
        "Declined",
        notice_outcome="kept",
        by_source={
            "notice": Words(
                "Decline the notice: it stays, no longer disputed",
                "Notice declined, nothing changed",
                author="A notice about it was declined: it stays up",
            ),
            "appeal": Words(
                log="Appeal declined, the decision stands", author="Your appeal was declined: the decision stands"
            ),
            "request": Words(
                "Decline: they can ask again in a month",
                "Declined",
                "Your request to represent the vendor was declined",
            ),
        },
    ),
    Action(
        "approve",
        "Approved",
        "It was approved and everyone can read it",
        "Approve: everyone can read it",
        "Approved",
        by_source={
            "request": Words(
                "Confirm: they represent the vendor",
                "Confirmed",
                "You now represent the vendor",
            ),
        },
    ),
    Action(
        "ask_to_edit",
        "Hidden, the author is asked to edit",
        "It is hidden until you edit it. You have 72 hours",
        "Ask the author to edit within 72 hours (hidden until then)",
        "Asked to edit",
        is_adverse=True,
        takes_text=True,
        undone_by="restore",
        notice_outcome="edit_asked",
    ),
    Action(
        "hide",
        "Hidden",
        "It is hidden",
        "Hide until restored",
        "Hidden",
        is_adverse=True,
        takes_text=True,
        undone_by="restore",
        notice_outcome="hidden",
        by_source={
            AUTOMATIC: Words(
                log="Hidden until a moderator has reviewed it", author="It is hidden until a moderator has reviewed it"
            ),
        },
    ),
    Action(
        "remove",
        "Removed",
        "It was removed",
        "Remove: for good, leaving a note with the rule",
        "Removed",
        is_adverse=True,
        takes_text=True,
        undone_by="restore",
        notice_outcome="removed",
    ),
    Action(
        "restore",
        "Restored",
        "It is visible again",
        tab="Restored",
        by_source={"appeal": Words(author="Your appeal succeeded: it is visible again")},
    ),
    Action(
        "lock",
        "Thread locked",
        "The thread is locked: it takes no more replies",
        "Lock the thread",
        scope="thread",
        is_adverse=True,
        undone_by="unlock",
    ),
    Action("unlock", "Thread unlocked", "The thread takes replies again", "Unlock the thread", scope="thread"),
    Action(
        "move",
        "Tags or vendor changed",
        "Its tags or its vendor were changed",
        "Change tags or vendor",
        scope="thread",
        is_correction=True,
    ),
    Action(
        "merge",
        "Closed, pointing to another thread",
        "The thread is closed and points to another one",
        "Merge: close it and point to another thread",
        scope="thread",
        is_correction=True,
        undone_by="unlock",
    ),
    Action(
        "split",
        "Moved to another thread, with the replies to it",
        "It was moved to another thread, with the replies to it",
        "Split: move it and the replies to it to another thread",
        is_correction=True,
    ),
    Action(
        "pin",
        "Pinned to the top of the home page",
        "It is pinned to the top of the home page",
        "Pin to the top of the home page",
        scope="thread",
        undone_by="unpin",
    ),
    Action("unpin", "No longer pinned", "It is no longer pinned to the top of the home page", "Unpin", scope="thread"),
    Action("warn", "Warned", "You received a warning", "Warn", scope="member", is_adverse=True, undone_by="lift"),
    Action(
        "hold",
        "Anonymous posts and replies held for review",
        "A moderator reviews what you write anonymously before it appears",
        "Hold what they write anonymously for {days} days",
        scope="member",
        is_adverse=True,
        periods=(30,),
        undone_by="lift",
    ),
    Action(
        "bar",
        "Barred from writing anonymously",
        "You can't write anonymously for now",
        "No anonymous posts or replies for {days} days",
        scope="member",
        is_adverse=True,
        periods=(7, 30),
        undone_by="lift",
    ),
    Action(
        "suspend",
        "Suspended",
        "Your account is suspended",
        "Suspend for {days} days",
        scope="member",
        is_adverse=True,
        periods=(7, 30),
        undone_by="lift",
    ),
    Action("ban", "Banned", "Your account is banned", "Ban", scope="member", is_adverse=True, undone_by="lift"),
    Action(
        "spam",
        "Banned for spam, and what they signed was removed",
        "Your account is banned, and what you signed was removed as spam",
        scope="member",
        is_adverse=True,
        undone_by="not_spam",
    ),
    Action(
        "not_spam", "Ban for spam undone, and what was removed is back", "Your account is open again", scope="member"
    ),
    Action(
        "lift",
        "Sanction lifted",
        "A sanction was lifted",
        scope="member",
        by_source={"appeal": Words(author="Your appeal succeeded: the sanction is lifted")},
    ),
    Action("end", "Ended", "You no longer represent the vendor", scope="site"),
    Action("staff", "Staff change", "Staff changed something about your account", tab="Staff changes", scope="site"),
)
ACTIONS: Mapping[str, Action] = {row.key: row for row in _ROWS}
ADVERSE = frozenset(row.key for row in _ROWS if row.is_adverse)
TAKES_TEXT = frozenset(row.key for row in _ROWS if row.takes_text)
ON_MEMBER = frozenset(row.key for row in _ROWS if row.scope == "member")
ON_THREAD = frozenset(row.key for row in _ROWS if row.scope == "thread")
UNDONE_BY = {row.key: row.undone_by for row in _ROWS if row.undone_by}


class CaseKind(NamedTuple):
    """What the queue calls a kind of case, what opens one unless stated otherwise, and the choices it offers."""

    label: str
    source: str
    choices: tuple[str, ...]


CASE_KINDS: Mapping[str, CaseKind] = {
    "flag": CaseKind("Reports", "own", ("decline", "ask_to_edit", "hide", "remove")),
    "held": CaseKind("Held", "filter", ("approve", "ask_to_edit", "remove")),
    "notice": CaseKind("Notices", "notice", ("decline", "ask_to_edit", "hide", "remove")),
    "appeal": CaseKind("Appeals", "appeal", ("upheld", "reversed")),
    "representative": CaseKind("Vendor requests", "request", ("approve", "decline")),
}


class Source(NamedTuple):
    """What led to a decision, as the public log and as the statement of reasons say it."""

    log: str
    statement: str


SOURCES: Mapping[str, Source] = {
    "flag": Source("reports from members", "Reports from members"),
    "filter": Source("a filter", "It was held before it appeared, and a person reviewed it"),
    "notice": Source("an outside notice", "A notice from outside the forum"),
    "own": Source("a moderator's review", "A moderator's own review"),
    "appeal": Source("an appeal", "An appeal"),
    "request": Source("a request", "Your request"),
    "automated": Source("an expired deadline", "An expired deadline"),
}
# What a decision is about, as the public log calls it. The row stores the label.
TARGETS: Mapping[str, str] = {
    "post": "a post",
    "comment": "a reply",
    "member": "a member",
    "anonymous_author": "an anonymous author",
    "representative": "a vendor representative",
    "vendor": "a vendor",
    "programme": "a programme",
    "category": "a category",
    "tag": "a tag",
    "settings": "the settings",
    "legal_page": "a legal page",
    "operations": "the site's operation",
}
# Parts of the site that staff change. What was changed is public; of a member it is not.
SITE_TARGETS = ("vendor", "programme", "category", "tag", "settings", "legal_page", "operations")
