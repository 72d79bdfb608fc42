"""The demo's moderated past: reports, notices, held texts and appeals, decided one after the other as they came.

Everything goes through the actions of the site, with the clock set back, so the log, its numbers and the figures agree.
"""

import heapq
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from forum.accounts.models import Member
from forum.db import clock_at, db
from forum.mail import Mail
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import decide, remove_unedited_text
from forum.moderation.decisions.appeals import answer_appeal, file_appeal
from forum.moderation.decisions.effects import EDIT_PERIOD
from forum.moderation.flags.actions import flag
from forum.moderation.models import Case, Decision
from forum.moderation.notices.actions import confirm_notice, save_author_answer, send_notice
from forum.moderation.rules import FOLLOWS_THE_RULES, NO_RULE_BROKEN, RULES
from forum.posts.actions import edit_post, write_post
from forum.posts.comment_actions import edit_comment, write_comment
from forum.posts.models import Comment, Post
from forum.posts.tags.queries import tags_by_word
from forum.posts.visibility import hold

# An entry of moderation.toml.
Entry = Mapping[str, Any]
HELD_REASON = "The filter for links and new accounts. A moderator reads it before others do."
STANDARD_REASONS = {"decline": NO_RULE_BROKEN, "approve": FOLLOWS_THE_RULES}
# How long before its first report a text is written.
WRITTEN_BEFORE = timedelta(hours=3)
# Between what somebody reports and the next report about it.
BETWEEN_REPORTS = timedelta(minutes=40)


@dataclass
class Agenda:
    """What is still to happen, in order of time. Whatever happens may add what follows from it."""

    members: Mapping[str, Member]
    # They take turns; of two in a row the second one answers the appeals against the first.
    moderators: Sequence[Member]
    events: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    count: int = 0

    def add(self, at: datetime, event: Callable[[datetime], None]) -> None:
        """Add something that happens at a moment."""
        self.count += 1
        heapq.heappush(self.events, (at, self.count, event))

    def run(self) -> None:
        """Let everything happen."""
        while self.events:
            at, _, event = heapq.heappop(self.events)
            with clock_at(at):
                event(at)
                db.session.flush()


def moderate_demo(
    members: Mapping[str, Member], moderators: Sequence[Member], stories: Sequence[Entry], started: datetime
) -> None:
    """Write the texts of moderation.toml, and decide what was reported about them. `stories` are the demo's posts."""
    entries = tomllib.loads(Path(__file__).with_name("moderation.toml").read_text(encoding="utf-8"))["cases"]
    posts = {post.title: post for post in db.session.query(Post)}
    agenda = Agenda(members, moderators)
    for number, entry in enumerate(entries):
        post = posts[_newest_story(entry, stories)["title"]]
        agenda.add(_working_hour(started, entry["day"]) - WRITTEN_BEFORE, partial(_write, agenda, entry, number, post))
    agenda.run()
    # Nobody reads mail at these addresses.
    db.session.query(Mail).delete()


def _newest_story(entry: Entry, stories: Sequence[Entry]) -> Entry:
    """Return the post that was the newest two days before, by somebody else."""
    candidates = (story for story in stories if story["day"] >= entry["day"] + 2 and story["author"] != entry["author"])
    return min(candidates, key=lambda story: (story["day"], story["title"]))


def _working_hour(started: datetime, days_ago: float) -> datetime:
    """Return a moment of that day, between seven and eleven o'clock: what is after the point is the time of day."""
    day = (started - timedelta(days=int(days_ago))).replace(hour=7, minute=0, second=0)
    return day + timedelta(hours=4 * (days_ago % 1))


def _write(agenda: Agenda, entry: Entry, number: int, post: Post, at: datetime) -> None:
    """Write the text, as a reply to the post unless it has a title, and plan what is reported about it."""
    author = agenda.members[entry["author"]]
    if "title" in entry:
        item: Post | Comment = _write_post(entry, author, at)
    else:
        last_activity_at = post.last_activity_at
        item = write_comment(post, author, body=entry["text"], anonymous=entry.get("anonymous", False), at=at)
        post.last_activity_at = last_activity_at
    agenda.add(at + WRITTEN_BEFORE, partial(_report, agenda, entry, number, item))


def _write_post(entry: Entry, author: Member, at: datetime) -> Post:
    tags = list(tags_by_word(entry["tags"]).values())
    return write_post(author, title=entry["title"], body=entry["text"], leaning=entry["leaning"], tags=tags, at=at)


def _report(agenda: Agenda, entry: Entry, number: int, item: Post | Comment, at: datetime) -> None:
    """Open the case: by members, by somebody outside, by a filter or by a moderator; and plan its decision."""
    kind = {"flag": "flag", "own": "flag", "notice": "notice", "filter": "held"}[entry["source"]]
    if entry["source"] == "flag":
        candidates = (member for slug, member in sorted(agenda.members.items()) if slug != entry["author"])
        reporters = [member for member in candidates if member not in agenda.moderators]
        for n in range(entry["reporters"]):
            reporter = reporters[(7 * number + 11 * n) % len(reporters)]
            with clock_at(at + n * BETWEEN_REPORTS):
                flag(reporter, item, rule=entry["rule"], message=entry["message"] if n == 0 else "")
    elif entry["source"] == "notice":
        _send_notice(entry, item, at)
    elif entry["source"] == "filter":
        hold(item, HELD_REASON)
    else:
        open_case(kind, item, entry["message"])
    case = db.session.query(Case).filter_by(kind=kind, closed_at=None).one()
    agenda.add(at + timedelta(hours=entry["hours"]), partial(_decide, agenda, entry, number, case))


def _send_notice(entry: Entry, item: Post | Comment, at: datetime) -> None:
    notice = send_notice(
        item,
        name="Legal department",
        email="legal@vendor.example",
        complaint=entry["complaint"],
        unlawful=entry.get("unlawful", False),
        law=entry.get("law", ""),
        submission=f"demo {at.isoformat()}",
    )
    confirm_notice(notice)
    if "author_answer" in entry:
        with clock_at(at + timedelta(days=1)):
            save_author_answer(notice, entry["author_answer"])


def _decide(agenda: Agenda, entry: Entry, number: int, case: Case, at: datetime) -> None:
    moderator = agenda.moderators[number % len(agenda.moderators)]
    rule = entry.get("rule") if entry["action"] not in STANDARD_REASONS else None
    reason = entry.get("reason") or STANDARD_REASONS.get(entry["action"]) or RULES[entry["rule"]].standard_reason
    decision = decide(
        case,
        moderator,
        action=entry["action"],
        rule=rule,
        facts=entry.get("message") or entry.get("complaint") or "",
        reason=reason,
        ends_at=at + timedelta(days=entry["days"]) if "days" in entry else None,
        notify=False,
    )
    if "edited" in entry:
        agenda.add(at + timedelta(hours=20), partial(_edit, agenda, entry, number, decision))
    elif entry["action"] == "ask_to_edit":
        agenda.add(at + EDIT_PERIOD + timedelta(hours=1), partial(_expire, decision))
    if "appeal" in entry:
        agenda.add(at + timedelta(days=entry["after"]), partial(_appeal, agenda, entry, number, decision))


def _edit(agenda: Agenda, entry: Entry, number: int, decision: Decision, at: datetime) -> None:
    """Let the author edit the text as they were asked to, and plan its approval."""
    item, author = decision.content, agenda.members[entry["author"]]
    if isinstance(item, Post):
        tags = list(tags_by_word(entry["tags"]).values())
        edit_post(item, title=item.title, body=entry["edited"], leaning=item.leaning, tags=tags, author=author)
    elif isinstance(item, Comment):
        edit_comment(item, body=entry["edited"], author=author)
    case = db.session.query(Case).filter_by(kind="held", closed_at=None).one()
    approved = {"action": "approve", "hours": 4}
    agenda.add(at + timedelta(hours=4), partial(_decide, agenda, approved, number, case))


def _expire(decision: Decision, at: datetime) -> None:
    """Remove a text that its author did not edit in time."""
    assert decision.content is not None
    remove_unedited_text(decision.content, notify=False)


def _appeal(agenda: Agenda, entry: Entry, number: int, decision: Decision, at: datetime) -> None:
    appeal = file_appeal(decision, entry["appeal"])
    case = db.session.query(Case).filter_by(appeal_id=appeal.id).one()
    agenda.add(at + timedelta(hours=30), partial(_answer, agenda, entry, number, case))


def _answer(agenda: Agenda, entry: Entry, number: int, case: Case, at: datetime) -> None:
    moderator = agenda.moderators[(number + 1) % len(agenda.moderators)]
    answer_appeal(case, moderator, reverses=entry.get("reversed", False), reason=entry["answer"])
