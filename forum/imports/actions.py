"""Moving in: a WordPress export becomes posts, comments, members and tags. Running it again doubles nothing."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError, OperationalError

from forum import text
from forum.accounts.models import Member
from forum.db import db, now
from forum.imports.content import Body, body_of, plain
from forum.imports.dates import moment_of
from forum.imports.people import People
from forum.imports.queries import comments_moved_under, post_moved_from
from forum.imports.report import Report
from forum.imports.selection import UNPUBLISHED, address_of, comment_left_out, number_of, post_left_out
from forum.imports.tags import Labels
from forum.imports.threads import nearest, parents_first
from forum.imports.wordpress import Blog, Item, Unreadable, items
from forum.posts.actions import write_post
from forum.posts.comment_actions import write_comment
from forum.posts.forms import BODY_LENGTH, REPLY_LENGTH, TITLE_LENGTH
from forum.posts.models import Comment, Post
from forum.posts.visibility import hide

log = logging.getLogger(__name__)
BATCH = 100  # posts and comments between two commits
GROUP = 50  # comments under one savepoint
BREATH = 0.05  # seconds after each, in which others get their turn to write
NO_TEXT = "(There was no text.)"


def import_wordpress(
    file: Path,
    *,
    drafts: bool,
    dry_run: bool,
    progress: Callable[[int, int], None],
    commit: Callable[[], None],
    invite: bool = False,
) -> Report:
    """Take a WordPress export in, item by item, and say what happened.

    Calls `commit` after every couple of hundred posts and comments, or never and rolls back at the end for a dry run.
    `progress` is told the bytes read and the bytes there are.
    """
    report = Report(dry_run=dry_run)
    move: _Move | None = None
    blog = Blog()
    try:
        for item in items(file, blog, progress):
            move = move or _Move(blog, report, drafts, None if dry_run else commit)
            move.take(item)
    except Unreadable as problem:
        report.failed = True
        report.problem(str(problem))
    if move:
        move.people.count()
        if invite:
            move.people.invite()
    if dry_run:
        db.session.rollback()
    else:
        commit()
    return report


class _Answer(NamedTuple):
    """A comment on its way in: its number there, where it is from, its fields."""

    number: str
    key: str
    fields: dict[str, str]


class _Move:
    """One run: the blog it takes in and what it has met."""

    def __init__(self, blog: Blog, report: Report, drafts: bool, commit: Callable[[], None] | None) -> None:
        self.authors = blog.authors
        self.report = report
        self.drafts = drafts
        self.commit = commit
        self.since_commit = 0
        # Kept alive, so that answers find their parents without asking the database.
        self.recent: list[Comment] = []
        self.address = address_of(blog)
        self.prefix = f"wordpress {self.address} "
        self.people = People(self.prefix, report)
        self.labels = Labels(self.address, report)

    def take(self, item: Item) -> None:
        """The post and its comments, unless it is something we do not take."""
        if reason := post_left_out(item, drafts=self.drafts):
            self.report.posts_skipped[reason] += 1
            return
        key = f"{self.prefix}post {number_of(item)}"
        post = post_moved_from(key)
        if post is not None:
            self.report.posts_known += 1
        else:
            with self._whole_or_not_at_all(item.about()):
                post = self._write_post(item, key)
                self.report.posts += 1
            self._count_for_commit(1)
        if post is not None:
            self._take_comments(item, post)

    def _take_comments(self, item: Item, post: Post) -> None:
        known = comments_moved_under(post.id)
        parents = {number: parent for number, parent, _ in item.comments.index}
        here: dict[str, int] = {}  # their number -> ours
        new: list[_Answer] = []
        for number, place in parents_first(item.comments.index):
            fields = item.comments.at(place)
            key = f"{self.prefix}comment {number}"
            if reason := comment_left_out(fields):
                self.report.comments_skipped[reason] += 1
            elif key in known:
                here[number] = known[key]
                self.report.comments_known += 1
            elif post.deleted_at:
                self.report.comments_skipped["under an experience deleted here"] += 1
            else:
                new.append(_Answer(number, key, fields))
                if len(new) >= GROUP:
                    self._write_comments(item, post, new, parents, here)
                    new = []
        self._write_comments(item, post, new, parents, here)

    def _write_comments(
        self, item: Item, post: Post, new: list["_Answer"], parents: dict[str, str], here: dict[str, int]
    ) -> None:
        """Write them under one savepoint; if that fails, one by one, to find the one that is to blame."""
        counted, ours = deepcopy(self.report), dict(here)
        try:
            with db.session.begin_nested():
                for answer in new:
                    ours[answer.number] = self._write_comment(post, answer, nearest(answer.number, parents, ours))
            here.update(ours)
            self.report.comments += len(new)
        except OperationalError:
            raise
        except Exception:
            self._forget()
            vars(self.report).update(vars(counted))
            for answer in new:
                with self._whole_or_not_at_all(f"comment {answer.number} under {item.about()}"):
                    written = self._write_comment(post, answer, nearest(answer.number, parents, here))
                    db.session.flush()  # here it is its own fault, not the next one's
                    here[answer.number] = written
                    self.report.comments += 1
        self.recent.clear()
        self._count_for_commit(len(new))

    def _write_post(self, item: Item, key: str) -> Post:
        fields = item.fields
        at = moment_of(fields, "wp:post_date_gmt", "wp:post_date", "pubDate")
        if at is None:
            self.report.problem(f"{item.about()}: it has no date that can be read; it got today's.")
        source = fields.get("content:encoded", "").strip() or fields.get("excerpt:encoded", "")
        body = self._body(source, item.about(), BODY_LENGTH[1])
        post = write_post(
            self._author_of(fields),
            title=self._title(fields.get("title", ""), body, item),
            body=body,
            leaning="mixed",
            tags=self.labels.tags(item.labels),
            at=at or now(),
        )
        post.imported_from = key
        if fields.get("wp:status", "publish").strip() in UNPUBLISHED:
            hide(post, f"Was not published where it came from ({fields['wp:status'].strip()}).")
        db.session.flush()
        return post

    def _write_comment(self, post: Post, answer: "_Answer", parent: int | None) -> int:
        fields = answer.fields
        body = self._body(fields.get("wp:comment_content", ""), f"comment {answer.number}", REPLY_LENGTH[1])
        comment = write_comment(
            post,
            self.people.member(fields.get("wp:comment_author", ""), fields.get("wp:comment_author_email", "")),
            body=body,
            parent=db.session.get(Comment, parent) if parent else None,
            at=moment_of(fields, "wp:comment_date_gmt", "wp:comment_date") or post.created_at,
        )
        comment.imported_from = answer.key
        self.recent.append(comment)
        return comment.id

    def _author_of(self, fields: dict[str, str]) -> Member:
        creator = fields.get("dc:creator", "").strip()
        email, name = self.authors.get(creator.lower(), ("", creator))
        return self.people.member(name, email)

    def _body(self, source: str, about: str, usual: int) -> str:
        body: Body = body_of(source)
        if body.cut:
            self.report.problem(f"{about}: its text was longer than {text.MAX_SOURCE_LENGTH:,} characters and was cut.")
        if len(body.markdown) > usual:
            self.report.changed["text longer than the form takes|texts longer than the form takes"] += 1
        return body.markdown or NO_TEXT

    def _title(self, given: str, body: str, item: Item) -> str:
        title = text.single_line(plain(given))
        if not title:
            title = text.to_plain(body, 80) if body != NO_TEXT else ""
            self.report.changed["title made from the text|titles made from the text"] += 1
        if len(title) > TITLE_LENGTH[1]:
            self.report.problem(f"{item.about()}: its title was longer than {TITLE_LENGTH[1]} characters and was cut.")
            title = title[: TITLE_LENGTH[1] - 2].rsplit(" ", 1)[0][: TITLE_LENGTH[1] - 2] + " …"
        return title or "Untitled"

    @contextmanager
    def _whole_or_not_at_all(self, about: str) -> Iterator[None]:
        """One bad item is reported and left out. What stops the database stops us: it is no item's fault."""
        try:
            with db.session.begin_nested():
                yield
        except OperationalError:
            raise
        except Exception as problem:
            log.debug("an item could not be moved in", exc_info=True)
            self._forget()
            self.report.problem(f"{about}: left out ({_in_words(problem)}).")

    def _forget(self) -> None:
        """Members and tags that were made under a savepoint went with it."""
        self.people.forget()
        self.labels.forget()
        self.recent.clear()

    def _count_for_commit(self, written: int) -> None:
        self.since_commit += written
        if self.commit and self.since_commit >= BATCH:
            self.since_commit = 0
            self.commit()
            time.sleep(BREATH)


def _in_words(problem: Exception) -> str:
    if isinstance(problem, IntegrityError):
        return "something with its number is here already, in another place"
    return str(problem)[:120] if isinstance(problem, ValueError) else type(problem).__name__
