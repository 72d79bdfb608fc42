"""What a mail about news says: a section for each thread, vendor, tag or search, with the beginning of its texts."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urljoin

from flask import current_app

from forum.accounts.bylines import byline
from forum.links import external_url
from forum.notifications.news import NewsGroup
from forum.notifications.paces import MAIL_KINDS, PACES, mail_kind_of, pace_of
from forum.notifications.queue_queries import QueuedRow, mailed_posts, mailed_replies
from forum.templating import count_of
from forum.text import excerpt_of, shorten

SHOWN_TEXTS = 5  # of one section
MAX_SECTIONS = 20
LINE_LENGTH = 200  # characters of a text
# How a heading names a place of each kind.
PLACES = {"post": "in “{}”", "vendor": "about {}", "tag": "with {}", "search": "for “{}”"}
ANONYMOUS_SUBJECT = "Something is new in what you wrote anonymously"


class SectionPlan(NamedTuple):
    """What is new for a member in one place: by kind of mail the ids of replies or posts; none for what is no reply."""

    group: NewsGroup
    ids: Mapping[str, tuple[int, ...]]

    @property
    def is_thread(self) -> bool:
        """Whether the ids are of replies in one thread; else they are of posts."""
        return self.group.kind == "post"


class MailedText(NamedTuple):
    """A new text: who wrote it, its title if it has one, its first lines and its address."""

    name: str
    title: str
    lines: str
    url: str


class Section(NamedTuple):
    """A place with something new: in a heading such as "2 new replies in “Title”", and in full."""

    title: str
    # What the heading says before and after the title.
    label: str
    place: str
    vendor: str
    url: str
    texts: Sequence[MailedText]
    more_count: int

    def heading(self, max_length: int = 140) -> str:
        """Return the heading, with a title that is cut after some characters."""
        return f"{self.label} {self.place.format(shorten(self.title, max_length))}"


class ShownRows(NamedTuple):
    """The posts and replies that mails show, by id."""

    posts: Mapping[int, QueuedRow]
    replies: Mapping[int, QueuedRow]


def shown_rows(plans: Iterable[SectionPlan]) -> ShownRows:
    """Return what all these sections show, in two queries."""
    plans = list(plans)
    reply_ids = {number for plan in plans if plan.is_thread for ids in plan.ids.values() for number in ids}
    post_ids = {number for plan in plans if not plan.is_thread for ids in plan.ids.values() for number in ids}
    post_ids |= {int(plan.group.item) for plan in plans if plan.is_thread}
    return ShownRows(mailed_posts(post_ids), mailed_replies(reply_ids))


def sections(plans: Iterable[SectionPlan], rows: ShownRows) -> list[Section]:
    """Return the sections of one mail."""
    return [_thread_section(plan, rows) if plan.is_thread else _post_section(plan, rows) for plan in plans]


def subject_of(mail_sections: Sequence[Section]) -> str:
    """Return the subject: it names the first place, and how many there are besides. Without sections: the vague one."""
    if not mail_sections:
        return ANONYMOUS_SUBJECT
    more_count = len(mail_sections) - 1
    more = f" and {more_count} more" if more_count else ""
    return f"{mail_sections[0].heading(60)}{more}"


def reasons(kinds: Iterable[str], paces: Mapping[str, str]) -> str:
    """Return why a member gets a mail, in words: "replies to you (at once), posts you follow (daily)"."""
    parts = (f"{MAIL_KINDS[kind].subject} ({PACES[pace_of(paces, kind)].lower()})" for kind in kinds)
    return ", ".join(parts)


def kinds_in(plans: Iterable[SectionPlan]) -> list[str]:
    """Return the kinds of mail in these sections, in the order of the settings."""
    kinds = {kind for plan in plans for kind in plan.ids}
    return [kind for kind in MAIL_KINDS if kind in kinds]


def section_plan(
    group: NewsGroup, ids_by_kind: Mapping[str, frozenset[int]], happened: Collection[str | None]
) -> SectionPlan:
    """Return which of a group's texts a mail announces: those that `ids_by_kind` has for their kind of mail.

    `happened` are the kinds of mail that announce something in this thread that is no reply.
    """
    ids: dict[str, tuple[int, ...]] = {}
    for part in group.parts:
        kind = mail_kind_of(part.kind)
        if kind is None:
            continue
        announced = tuple(number for number in part.ids if number in ids_by_kind.get(kind, ()))
        is_event = group.kind == "post" and kind in happened and part.unread > len(part.ids)
        if announced or is_event:
            ids[kind] = ids.get(kind, ()) + announced
    return SectionPlan(group, ids)


def _thread_section(plan: SectionPlan, rows: ShownRows) -> Section:
    post = rows.posts.get(int(plan.group.item))
    replies = [rows.replies[number] for ids in plan.ids.values() for number in ids if number in rows.replies]
    return Section(
        plan.group.title,
        _thread_label(plan, replies),
        PLACES["post"],
        (post.vendor_name or post.vendor_description or "") if post is not None else "",
        urljoin(current_app.config["SITE_URL"], plan.group.path),
        [_reply(row) for row in replies[:SHOWN_TEXTS]],
        max(len(replies) - SHOWN_TEXTS, 0),
    )


def _post_section(plan: SectionPlan, rows: ShownRows) -> Section:
    posts = [rows.posts[number] for ids in plan.ids.values() for number in ids if number in rows.posts]
    return Section(
        plan.group.title,
        count_of(len(posts), "new post"),
        PLACES.get(plan.group.kind, PLACES["post"]),
        "",
        urljoin(current_app.config["SITE_URL"], plan.group.path),
        [_post(row) for row in posts[:SHOWN_TEXTS]],
        max(len(posts) - SHOWN_TEXTS, 0),
    )


def _thread_label(plan: SectionPlan, replies: Sequence[QueuedRow]) -> str:
    if not replies:
        return "You are mentioned" if "mention" in plan.ids else "Something is new"
    if len(replies) == 1 and "mention" in plan.ids:
        return f"{byline(replies[0]).name} mentioned you"
    if len(replies) == 1 and "reply" in plan.ids:
        return f"{byline(replies[0]).name} replied to you"
    if len(replies) == 1 and "official" in plan.ids:
        return f"{replies[0].official_vendor} replied"
    return count_of(len(replies), "new reply", "new replies")


def _reply(row: QueuedRow) -> MailedText:
    url = external_url("comments.show", comment_id=row.id)
    return MailedText(byline(row).name, "", excerpt_of(row.body_html, LINE_LENGTH), url)


def _post(row: QueuedRow) -> MailedText:
    url = external_url("posts.show", post_id=row.id, slug=row.slug)
    vendor = row.vendor_name or row.vendor_description
    title = f"{row.title} ({vendor})" if vendor else row.title
    return MailedText(byline(row).name, title, shorten(row.excerpt, LINE_LENGTH), url)
