"""The jobs and commands that tests/bench/jobs.py measures, and the preparations that some of them need."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import insert, select

from forum.accounts.jobs import delete_sessions, delete_unconfirmed_members, remind_of_locks
from forum.admin.integrity import damage, key_problem
from forum.admin.jobs import move_late_posts
from forum.backup.actions import back_up
from forum.db import db, new_random_id, reading, writing
from forum.imports.actions import import_wordpress
from forum.imports.archive import export_to
from forum.moderation.jobs import close_orphaned_cases, expire_notices, remove_unedited
from forum.moderation.staff_mail.jobs import mail_moderators_daily
from forum.notifications.jobs import send_digests, send_representative_mails
from forum.notifications.models import UnmailedText
from forum.pages.saved.jobs import reseal_saved_lists
from forum.posts.jobs import publish_scheduled, settle_pending_recounts
from forum.posts.models import Comment
from forum.ratings.scores.jobs import publish_scores
from forum.search.actions import rebuild_index
from forum.search.jobs import refresh_search
from forum.storage import truncate_write_ahead_log

IMPORTED_POSTS, IMPORTED_REPLIES = 10_000, 10
UNMAILED_TEXTS = 2_000
Step = Callable[[Path], object]


def _digests(folder: Path) -> None:
    """Queue the texts of a busy day, and send the daily mail."""
    with writing():
        latest = db.session.execute(
            select(Comment.id, Comment.post_id).order_by(Comment.id.desc()).limit(UNMAILED_TEXTS)
        ).all()
        rows = [
            {"id": new_random_id(), "post_id": row.post_id, "comment_id": row.id, "kind": "reply"} for row in latest
        ]
        db.session.execute(insert(UnmailedText), [row | {"was_mailed_at_once": True} for row in rows])
        db.session.commit()
    send_digests()


def _backup(folder: Path) -> None:
    with reading(), tempfile.TemporaryDirectory(dir=folder) as target:
        back_up(Path(target) / "backup.sqlite")


def _export(folder: Path) -> None:
    with reading(), Path("/dev/null").open("w", encoding="utf-8") as stream:
        export_to(stream)


def _check(folder: Path) -> None:
    with reading():
        damage()
        key_problem()


def _rebuild(folder: Path) -> None:
    with writing():
        rebuild_index(db.session.commit)


def _import(folder: Path) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
        _write_blog(file.name)
        with writing():
            import_wordpress(
                Path(file.name), drafts=False, dry_run=False, progress=lambda *sizes: None, commit=db.session.commit
            )


def _write_blog(name: str) -> None:
    """Write a WordPress export of IMPORTED_POSTS posts with IMPORTED_REPLIES replies each."""
    with Path(name).open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
            "<wp:base_site_url>https://blog.example</wp:base_site_url>"
        )
        for n in range(IMPORTED_POSTS):
            file.write(_blog_post(n))
        file.write("</channel></rss>")


def _blog_post(n: int) -> str:
    replies = "".join(
        f"<wp:comment><wp:comment_id>{n * IMPORTED_REPLIES + m + 1}</wp:comment_id>"
        f"<wp:comment_author>Reader {m}</wp:comment_author>"
        f"<wp:comment_author_email>reader{(n + m) % 500}@blog.example</wp:comment_author_email>"
        f"<wp:comment_date_gmt>2020-01-02 03:04:{m:02}</wp:comment_date_gmt>"
        f"<wp:comment_content>Reply {m} says what {n} left out.</wp:comment_content>"
        "<wp:comment_approved>1</wp:comment_approved><wp:comment_type>comment</wp:comment_type>"
        "<wp:comment_parent>0</wp:comment_parent></wp:comment>"
        for m in range(IMPORTED_REPLIES)
    )
    return (
        f"<item><title>Post number {n}</title><link>https://blog.example/{n}</link><dc:creator>editor</dc:creator>"
        f"<content:encoded><![CDATA[<p>What happened in case {n}.</p>]]></content:encoded>"
        f"<wp:post_id>{n + 1}</wp:post_id><wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>"
        f"<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>{replies}</item>"
    )


STEPS: dict[str, Step] = {
    "digest": _digests,
    "digest again": lambda folder: send_digests(),
    "publish scores": lambda folder: publish_scores(),
    "publish scores again": lambda folder: publish_scores(),
    "reseal saved lists": lambda folder: reseal_saved_lists(),
    "refresh search": lambda folder: refresh_search(),
    "representative mails": lambda folder: send_representative_mails(),
    "mail moderators": lambda folder: mail_moderators_daily(),
    "close orphaned cases": lambda folder: close_orphaned_cases(),
    "remove unedited": lambda folder: remove_unedited(),
    "expire notices": lambda folder: expire_notices(),
    "move late posts": lambda folder: move_late_posts(),
    "delete unconfirmed": lambda folder: delete_unconfirmed_members(),
    "delete sessions": lambda folder: delete_sessions(),
    "remind of locks": lambda folder: remind_of_locks(),
    "publish scheduled": lambda folder: publish_scheduled(),
    "settle recounts": lambda folder: settle_pending_recounts(),
    "forum check": _check,
    "forum export": _export,
    "forum backup": _backup,
    "forum import": _import,
    "forum search rebuild": _rebuild,
    "truncate the log": lambda folder: truncate_write_ahead_log(),
}
