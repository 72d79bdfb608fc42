"""Import a WordPress export as posts, comments, members and tags. Running it again creates no duplicates."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import IO

from sqlalchemy.exc import OperationalError

from forum import text
from forum.accounts.models import Member
from forum.backup.scratch import scratch_copy
from forum.db import db, now
from forum.imports.address_actions import store_addresses
from forum.imports.addresses import AddressList, addresses_of, base_address, normalized_address, redirect_lines
from forum.imports.content import Body, convert_body, plain
from forum.imports.dates import first_date
from forum.imports.link_rewriting import rewrite_links
from forum.imports.people import MemberImporter
from forum.imports.queries import imported_comments, imported_post, redirects_of
from forum.imports.report import Report, error_text
from forum.imports.selection import UNPUBLISHED, blog_key, comment_skip_reason, item_hash, item_number, post_skip_reason
from forum.imports.tags import TagImporter
from forum.imports.threads import NewComment, nearest_ancestor, parents_first
from forum.imports.wordpress import Blog, Item, UnreadableExport, read_items
from forum.notifications.queue_actions import remove_from_queue
from forum.posts.actions import write_post
from forum.posts.comment_actions import write_comment
from forum.posts.forms import BODY_LENGTH, REPLY_LENGTH, TITLE_LENGTH
from forum.posts.models import Comment, Post
from forum.posts.recounts import settle_recounts
from forum.posts.visibility import hide
from forum.search.actions import index_new_replies
from forum.turns import end_turn

log = logging.getLogger(__name__)
BATCH = 4  # posts and comments between two commits
COMMENTS_PER_SAVEPOINT = 4
Commit = Callable[[], None]
EMPTY_TEXT = "(There was no text.)"


def import_wordpress(
    file: Path,
    *,
    drafts: bool,
    dry_run: bool,
    progress: Callable[[int, int], None],
    commit: Callable[[], None],
    invite: bool = False,
    addresses: IO[str] | None = None,
    redirects: IO[str] | None = None,
) -> Report:
    """Import a WordPress export item by item, and return a report.

    `commit` is called after every BATCH posts and comments. `progress` is called with the bytes read and the size of
    the file. `addresses` gets a CSV row for each item, `redirects` a map for nginx. A dry run does all this in a copy
    of the database, or on PostgreSQL in a transaction that is rolled back. Raises RuntimeError when it can't copy it.
    """
    report, blog, run = Report(dry_run=dry_run), Blog(), None
    with scratch_copy() if dry_run else nullcontext(True) as may_commit:
        try:
            for item in read_items(file, blog, progress):
                run = run or _ImportRun(blog, report, addresses, drafts, commit if may_commit else None)
                run.import_item(item)
        except UnreadableExport as error:
            report.fail(str(error))
        if run:
            run.finish(invite=invite, redirects=redirects)
        if dry_run:
            db.session.rollback()
    return report


class _ImportRun:
    """One run of the import, with its caches."""

    def __init__(self, blog: Blog, report: Report, rows: IO[str] | None, drafts: bool, commit: Commit | None) -> None:
        self.authors = blog.authors
        self.report = report
        self.address_list = AddressList(rows, dry_run=report.dry_run)
        self.base = base_address(blog)
        self.drafts = drafts
        self.commit = commit
        self.uncommitted_count = 0
        # Kept in memory, so that replies find their parents without a query.
        self.recent_comments: list[Comment] = []
        self.blog_key = blog_key(blog)
        self.prefix = f"wordpress {self.blog_key} "
        # What identifies each post, by its number in the blog.
        self.post_hashes: dict[str, str] = {}
        self.members = MemberImporter(self.prefix, report)
        self.tag_importer = TagImporter(self.blog_key, report)

    def import_item(self, item: Item) -> None:
        """Import the post and its comments, unless the item is skipped."""
        self._count(item)
        if reason := post_skip_reason(item, drafts=self.drafts):
            self.report.posts_skipped[reason] += 1
            self.address_list.add_item(item, None, f"skipped: {reason.partition('|')[0]}")
            self._skip_comments(item, "under a skipped item")
            return
        number, content_hash = item_number(item), item_hash(item)
        if self.post_hashes.setdefault(number, content_hash) != content_hash:
            number = content_hash  # another post with a number that is taken in this file
        key = f"{self.prefix}post {number}"
        post = imported_post(key)
        if post is not None:
            self.report.posts_existing += 1
            outcome = "deleted here" if post.deleted_at else "already here"
        else:
            with self._atomically(item.label()):
                post = self._write_post(item, key)
                self.report.posts += 1
            outcome = "imported"
        self._commit_batches(1)
        if post is None:
            self.report.posts_failed += 1
            self.address_list.add_item(item, None, "could not be imported")
            self._skip_comments(item, "under a post that could not be imported")
            return
        self.address_list.add_item(item, post, outcome)
        store_addresses(post, addresses_of(item, self.base))
        self._import_comments(item, post)

    def _skip_comments(self, item: Item, reason: str) -> None:
        for number, _, _ in item.comments.index:
            self.report.comments_skipped[reason] += 1
            self.address_list.add_comment(item, number, None, f"skipped: {reason}")

    def _count(self, item: Item) -> None:
        repeated = item.comments.repeated_count
        self.report.items += 1
        self.report.item_comments += len(item.comments.index) + repeated
        if repeated:
            self.report.comments_skipped["twice in the file"] += repeated

    def finish(self, *, invite: bool, redirects: IO[str] | None) -> None:
        """Complete the report, lead links between posts to where they are now, and invite the authors."""
        self.members.update_report()
        if host := (normalized_address(self.base) or "").partition("/")[0]:
            self.report.links = rewrite_links(self.prefix, host, self.commit)
        if invite:
            self.members.invite()
        if self.commit:
            self.commit()
            settle_recounts(self.commit)
            index_new_replies(self.commit)
        if redirects:
            redirects.writelines(f"{line}\n" for line in redirect_lines(redirects_of(self.prefix)))

    def _import_comments(self, item: Item, post: Post) -> None:
        existing = imported_comments(post.id)
        parents = {number: parent for number, parent, _ in item.comments.index}
        ids: dict[str, int] = {}  # ours by their numbers
        batch: list[NewComment] = []
        for number, offset in parents_first(item.comments.index):
            fields = item.comments.read(offset)
            key = f"{self.prefix}comment {number}"
            reason = comment_skip_reason(fields)
            if not reason and key in existing:
                ids[number] = existing[key]
                self.report.comments_existing += 1
                self.address_list.add_comment(item, number, existing[key], "already here")
            elif reason := reason or ("under a post deleted here" if post.deleted_at else None):
                self.report.comments_skipped[reason] += 1
                self.address_list.add_comment(item, number, None, f"skipped: {reason.partition('|')[0]}")
            else:
                batch.append(NewComment(number, key, fields))
                if len(batch) >= COMMENTS_PER_SAVEPOINT:
                    self._write_comments(item, post, batch, parents, ids)
                    batch = []
        self._write_comments(item, post, batch, parents, ids)

    def _write_comments(
        self, item: Item, post: Post, batch: list[NewComment], parents: dict[str, str], ids: dict[str, int]
    ) -> None:
        """Write the batch under one savepoint; if that fails, one by one, to find the comment at fault."""
        report_before, new_ids = deepcopy(self.report), dict(ids)
        try:
            with db.session.begin_nested():
                for source in batch:
                    new_ids[source.number] = self._write_comment(
                        post, source, nearest_ancestor(source.number, parents, new_ids)
                    )
            ids.update(new_ids)
            self.report.comments += len(batch)
        except OperationalError:
            raise
        except Exception:
            self._clear_caches()
            vars(self.report).update(vars(report_before))
            for source in batch:
                with self._atomically(f"comment {source.number} under {item.label()}"):
                    comment_id = self._write_comment(post, source, nearest_ancestor(source.number, parents, ids))
                    db.session.flush()  # so that an error is blamed on this comment, not on the next
                    ids[source.number] = comment_id
                    self.report.comments += 1
        remove_from_queue(Comment, [ids[source.number] for source in batch if source.number in ids])
        self._list_written(item, batch, ids)
        self.recent_comments.clear()
        self._commit_batches(len(batch))

    def _list_written(self, item: Item, batch: list[NewComment], ids: dict[str, int]) -> None:
        for number in (source.number for source in batch):
            self.report.comments_failed += number not in ids
            outcome = "imported" if number in ids else "could not be imported"
            self.address_list.add_comment(item, number, ids.get(number), outcome)

    def _write_post(self, item: Item, key: str) -> Post:
        fields = item.fields
        created_at = first_date(fields, "wp:post_date_gmt", "wp:post_date", "pubDate")
        if created_at is None:
            self.report.problem(f"{item.label()}: it has no readable date, so it got today's.")
        source = fields.get("content:encoded", "").strip() or fields.get("excerpt:encoded", "")
        body = self._body(source, item.label(), BODY_LENGTH[1])
        post = write_post(
            self._author_of(fields),
            title=self._title(fields.get("title", ""), body, item),
            body=body,
            leaning="mixed",
            tags=self.tag_importer.tags_for(item.labels),
            at=created_at or now(),
        )
        post.imported_from = key
        if fields.get("wp:status", "publish").strip() in UNPUBLISHED:
            hide(post, f"Was not published in the blog ({fields['wp:status'].strip()}).")
        db.session.flush()
        remove_from_queue(Post, [post.id])
        return post

    def _write_comment(self, post: Post, source: NewComment, parent: int | None) -> int:
        fields = source.fields
        body = self._body(fields.get("wp:comment_content", ""), f"comment {source.number}", REPLY_LENGTH[1])
        comment = write_comment(
            post,
            self.members.member(fields.get("wp:comment_author", ""), fields.get("wp:comment_author_email", "")),
            body=body,
            parent=db.session.get(Comment, parent) if parent else None,
            at=first_date(fields, "wp:comment_date_gmt", "wp:comment_date") or post.created_at,
        )
        comment.imported_from = source.key
        self.recent_comments.append(comment)
        return comment.id

    def _author_of(self, fields: dict[str, str]) -> Member:
        creator = fields.get("dc:creator", "").strip()
        email, name = self.authors.get(creator.lower(), ("", creator))
        return self.members.member(name, email)

    def _body(self, source: str, label: str, form_limit: int) -> str:
        body: Body = convert_body(source, self.base)
        if body.was_cut:
            self.report.problem(f"{label}: its text was longer than {text.MAX_SOURCE_LENGTH:,} characters and was cut.")
        if len(body.markdown) > form_limit:
            self.report.changed["text longer than the form takes|texts longer than the form takes"] += 1
        return body.markdown or EMPTY_TEXT

    def _title(self, source: str, body: str, item: Item) -> str:
        title = text.single_line(plain(source))
        if not title:
            title = text.to_plain(body, 80) if body != EMPTY_TEXT else ""
            self.report.changed["title made from the text|titles made from the text"] += 1
        if len(title) > TITLE_LENGTH[1]:
            self.report.problem(f"{item.label()}: its title was longer than {TITLE_LENGTH[1]} characters and was cut.")
            title = text.shorten(title, TITLE_LENGTH[1] - 2)
        return title or "Untitled"

    @contextmanager
    def _atomically(self, label: str) -> Iterator[None]:
        """Report and skip a bad item. An OperationalError stops the import: it is no item's fault."""
        try:
            with db.session.begin_nested():
                yield
        except OperationalError:
            raise
        except Exception as error:
            log.debug("an item could not be imported", exc_info=True)
            self._clear_caches()
            self.report.problem(f"{label}: skipped ({error_text(error)}).")

    def _clear_caches(self) -> None:
        """Forget members, tags and comments that a rolled-back savepoint may have undone."""
        self.members.clear_cache()
        self.tag_importer.clear_cache()
        self.recent_comments.clear()

    def _commit_batches(self, count: int) -> None:
        self.uncommitted_count += count
        if self.commit and self.uncommitted_count >= BATCH:
            self.uncommitted_count = 0
            end_turn(self.commit)
