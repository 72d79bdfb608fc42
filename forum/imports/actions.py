"""Moving in: a WordPress export becomes posts, comments, members and tags. Running it again doubles nothing."""

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy.exc import IntegrityError, OperationalError

from forum import text
from forum.accounts.models import Member
from forum.db import db, now
from forum.imports.bodies import Body, body_of, plain
from forum.imports.labels import Labels
from forum.imports.moments import moment_of
from forum.imports.people import People
from forum.imports.queries import comments_moved_under, post_moved_from
from forum.imports.report import Report
from forum.imports.threads import nearest, parents_first
from forum.imports.wordpress import Blog, Item, Unreadable, items
from forum.posts.actions import write_post
from forum.posts.comment_actions import write_comment
from forum.posts.forms import BODY, REPLY, TITLE
from forum.posts.models import Comment, Post

log = logging.getLogger(__name__)
BATCH = 200  # posts and comments between two commits
BREATH = 0.05  # seconds after each, in which others get their turn to write
UNPUBLISHED = {"draft", "pending", "private", "future"}
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


class _Move:
    """One run: the blog it takes in and what it has met."""

    def __init__(self, blog: Blog, report: Report, drafts: bool, commit: Callable[[], None] | None) -> None:
        self.authors = blog.authors
        self.report = report
        self.drafts = drafts
        self.commit = commit
        self.since_commit = 0
        self.address = _address(blog)
        self.prefix = f"wordpress {self.address} "
        self.people = People(self.prefix, report)
        self.labels = Labels(self.address, report)

    def take(self, item: Item) -> None:
        """The post and its comments, unless it is something we do not take."""
        if reason := self._post_left_out(item):
            self.report.posts_skipped[reason] += 1
            return
        key = f"{self.prefix}post {item.fields.get('wp:post_id', '').strip() or _print_of(item.fields)}"
        post = post_moved_from(key)
        if post is not None:
            self.report.posts_known += 1
        else:
            with self._whole_or_not_at_all(item.about()):
                post = self._write_post(item, key)
                self.report.posts += 1
            self._count_for_commit()
        if post is not None:
            self._take_comments(item, post)

    def _take_comments(self, item: Item, post: Post) -> None:
        known = comments_moved_under(post.id)
        parents = {number: parent for number, parent, _ in item.comments.index}
        here: dict[str, int] = {}  # their number -> ours
        for number, place in parents_first(item.comments.index):
            fields = item.comments.at(place)
            if reason := _comment_left_out(fields):
                self.report.comments_skipped[reason] += 1
                continue
            key = f"{self.prefix}comment {number}"
            if key in known:
                here[number] = known[key]
                self.report.comments_known += 1
            elif post.deleted_at:
                self.report.comments_skipped["under an experience deleted here"] += 1
            else:
                parent = nearest(number, parents, here)
                with self._whole_or_not_at_all(f"comment {number} under {item.about()}"):
                    here[number] = self._write_comment(post, fields, key, parent)
                    self.report.comments += 1
                self._count_for_commit()

    def _write_post(self, item: Item, key: str) -> Post:
        fields = item.fields
        at = moment_of(fields, "wp:post_date_gmt", "wp:post_date", "pubDate")
        if at is None:
            self.report.problem(f"{item.about()}: it has no date that can be read; it got today's.")
        body = self._body(fields.get("content:encoded", "").strip() or fields.get("excerpt:encoded", ""), item.about())
        if len(body) > BODY[1]:
            self.report.changed["text longer than the form allows|texts longer than the form allows"] += 1
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
            post.hidden_at = now()
            post.hidden_because = f"Was not published where it came from ({fields['wp:status'].strip()})."
        db.session.flush()
        return post

    def _write_comment(self, post: Post, fields: dict[str, str], key: str, parent: int | None) -> int:
        about = key.removeprefix(self.prefix)
        body = self._body(fields.get("wp:comment_content", ""), about)
        if len(body) > REPLY[1]:
            self.report.changed["text longer than the form allows|texts longer than the form allows"] += 1
        comment = write_comment(
            post,
            self.people.member(fields.get("wp:comment_author", ""), fields.get("wp:comment_author_email", "")),
            body=body,
            parent=db.session.get(Comment, parent) if parent else None,
            at=moment_of(fields, "wp:comment_date_gmt", "wp:comment_date") or post.created_at,
        )
        comment.imported_from = key
        db.session.flush()
        return comment.id

    def _author_of(self, fields: dict[str, str]) -> Member:
        creator = fields.get("dc:creator", "").strip()
        email, name = self.authors.get(creator.lower(), ("", creator))
        return self.people.member(name, email)

    def _body(self, source: str, about: str) -> str:
        body: Body = body_of(source)
        if body.cut:
            self.report.problem(f"{about}: its text was longer than {text.LONGEST_SOURCE:,} characters and was cut.")
        return body.markdown or NO_TEXT

    def _title(self, given: str, body: str, item: Item) -> str:
        title = text.one_line(plain(given))
        if not title:
            title = text.to_plain(body, 80) if body != NO_TEXT else ""
            self.report.changed["title made from the text|titles made from the text"] += 1
        if len(title) > TITLE[1]:
            self.report.problem(f"{item.about()}: its title was longer than {TITLE[1]} characters and was cut.")
            title = title[: TITLE[1] - 2].rsplit(" ", 1)[0][: TITLE[1] - 2] + " …"
        return title or "Untitled"

    def _post_left_out(self, item: Item) -> str | None:
        """Why we do not take it, in a form that can be counted."""
        status = item.fields.get("wp:status", "publish").strip()
        if item.kind != "post":
            return f"{item.kind}|{item.kind}s"
        if item.fields.get("wp:post_password"):
            return "behind a password"
        if status in UNPUBLISHED:
            return None if self.drafts else f"{status}" if status != "draft" else "draft|drafts"
        return None if status == "publish" else status or "without status"

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
            self.people.forget()
            self.labels.forget()
            self.report.problem(f"{about}: left out ({_in_words(problem)}).")

    def _count_for_commit(self) -> None:
        self.since_commit += 1
        if self.commit and self.since_commit >= BATCH:
            self.since_commit = 0
            self.commit()
            time.sleep(BREATH)


def _comment_left_out(fields: dict[str, str]) -> str | None:
    kind, approved = fields.get("wp:comment_type", "").strip(), fields.get("wp:comment_approved", "1").strip()
    if kind not in ("", "comment"):
        return f"{kind}|{kind}s"
    if approved in ("1", "approve", "approved"):
        return None
    return "not approved" if approved in ("0", "hold") else approved or "not approved"


def _address(blog: Blog) -> str:
    """What tells this blog from others, the same after a move to https."""
    for name in ("wp:base_blog_url", "wp:base_site_url", "link", "title"):
        if found := blog.fields.get(name, "").strip().lower():
            short = re.sub(r"^(https?:)?//(www\.)?", "", found).rstrip("/")
            return short if len(short) <= 200 else sha256(short.encode()).hexdigest()
    raise Unreadable("The export does not say which blog it is from (no link, no title), so nothing can be told apart.")


def _print_of(fields: dict[str, str]) -> str:
    told = "\n".join(fields.get(name, "") for name in ("guid", "link", "title", "wp:post_date"))
    return sha256(told.encode()).hexdigest()[:32]


def _in_words(problem: Exception) -> str:
    if isinstance(problem, IntegrityError):
        return "something with its number is here already, in another place"
    return str(problem)[:120] if isinstance(problem, ValueError) else type(problem).__name__
