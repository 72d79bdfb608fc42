"""The jobs and commands that tests/bench/jobs.py measures, and the preparations that some of them need."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from secrets import token_hex

import flask_migrate
from sqlalchemy import func, insert, select, update

from forum.accounts.jobs import delete_sessions, delete_unconfirmed_members, remind_of_locks
from forum.accounts.models import Member
from forum.accounts.secret_actions import reseal_secrets
from forum.admin.integrity import damage, key_problem
from forum.admin.jobs import move_late_posts
from forum.backup.actions import back_up
from forum.backup.moving import move_rows
from forum.backup.restoring import check_restorable, present_contents, restore, set_present_aside
from forum.db import db, new_random_id, reading, writing
from forum.imports.actions import import_wordpress
from forum.imports.archive import export_to
from forum.moderation.jobs import close_orphaned_cases, expire_notices, remove_unedited
from forum.moderation.spam.jobs import settle_spam
from forum.moderation.staff_mail.jobs import mail_moderators_daily
from forum.notifications.jobs import send_digests, send_mail_at_once, send_representative_mails
from forum.notifications.mention_jobs import settle_pending_mentions
from forum.notifications.models import UnmailedText
from forum.pages.leaving.actions import delete_account, deletions
from forum.pages.leaving.own_data import own_data
from forum.pages.open_data.jobs import refresh_open_data
from forum.pages.saved.jobs import reseal_saved_lists
from forum.posts.actions import rerender_outdated
from forum.posts.jobs import publish_scheduled, settle_pending_recounts
from forum.posts.models import Comment, Post
from forum.posts.recounts import settle_recounts
from forum.ratings.scores.jobs import publish_scores
from forum.search.actions import fill_index, rebuild_index, store_words
from forum.search.jobs import index_replies, refresh_search
from forum.search.models import UnindexedReply
from forum.search.word_queries import word_counts
from forum.storage import truncate_write_ahead_log
from forum.text import RENDER_VERSION
from forum.turns import end_turn, reading_apart

IMPORTED_POSTS, IMPORTED_REPLIES = 1_000, 10
UNMAILED_TEXTS = 2_000
OUTDATED_TEXTS = 2_000
BACKUP = "to-restore.sqlite"
MOVE = "forum move"
Step = Callable[[Path], object]


def _queue_texts(folder: Path) -> None:
    """Queue the texts of a busy day."""
    with writing():
        latest = db.session.execute(
            select(Comment.id, Comment.post_id).order_by(Comment.id.desc()).limit(UNMAILED_TEXTS)
        ).all()
        rows = [
            {"id": new_random_id(), "post_id": row.post_id, "comment_id": row.id, "kind": "reply"} for row in latest
        ]
        db.session.execute(insert(UnmailedText), [row | {"was_mailed_at_once": True} for row in rows])
        db.session.commit()


def _backup(folder: Path) -> None:
    with reading(), tempfile.TemporaryDirectory(dir=folder) as target:
        back_up(Path(target) / "backup.sqlite")


def _export(folder: Path) -> None:
    with reading(), Path("/dev/null").open("w", encoding="utf-8") as stream:
        export_to(stream)


def _heaviest_member() -> Member:
    count = select(Comment.author_id).where(Comment.author_id.is_not(None)).group_by(Comment.author_id)
    member_id = db.session.scalar(count.order_by(func.count().desc()).limit(1))
    return db.session.get_one(Member, member_id)


def _own_data(folder: Path) -> None:
    with reading():
        for _ in own_data(_heaviest_member()):
            pass


def _erase(folder: Path) -> None:
    """Delete the account of whom most is signed, with all they wrote, as their button does."""
    with reading():
        member = _heaviest_member()
        member_id, steps = member.id, deletions(member, keep_anonymous=False, keep_signed=False)
        db.session.rollback()
    with writing():
        for delete in steps:
            delete()
            end_turn(db.session.commit)
        member = db.session.get_one(Member, member_id)
        delete_account(member, keep_signed=False)
        db.session.commit()
        settle_recounts(db.session.commit)


def _check(folder: Path) -> None:
    with reading():
        damage()
        key_problem()


def _index_replies(folder: Path) -> None:
    with writing():
        ids = db.session.scalars(select(Comment.id).where(Comment.deleted_at.is_(None)).limit(10_000)).all()
        db.session.execute(insert(UnindexedReply), [{"comment_id": number} for number in ids])
        db.session.commit()
    index_replies()


def _rebuild(folder: Path) -> None:
    with writing():
        rebuild_index(db.session.commit)
        with reading_apart(db.session.commit):
            counts = word_counts()
        store_words(counts, db.session.commit)
        db.session.commit()


@writing()
def _render(folder: Path) -> None:
    rerender_outdated(RENDER_VERSION, db.session.commit)


@writing()
def _forget_rendering(folder: Path) -> None:
    """Let some texts be rendered by an older version."""
    for kind in (Post, Comment):
        latest = select(kind.id).order_by(kind.id.desc()).limit(OUTDATED_TEXTS)
        db.session.execute(update(kind).where(kind.id.in_(latest)).values(render_version=0))
    db.session.commit()


@writing()
def _reseal_secrets(folder: Path) -> None:
    reseal_secrets(db.session.commit)


def _restore(folder: Path) -> None:
    """Do what the command does, and delete what it has set aside."""
    with reading():
        check_restorable(folder / BACKUP)
        present_contents()
        former = set_present_aside()
        restore(folder / BACKUP)
    for file in (folder / BACKUP, former):
        if file is not None:
            file.unlink()


def _back_up_for_restoring(folder: Path) -> None:
    (folder / BACKUP).unlink(missing_ok=True)
    with reading():
        back_up(folder / BACKUP)


@writing()
def _move(folder: Path) -> None:
    flask_migrate.upgrade()
    db.session.remove()
    move_rows(folder / "large.sqlite", fill_index)


def _import(folder: Path, *, dry_run: bool = False) -> None:
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
        _write_blog(file.name)
        with writing():
            import_wordpress(
                Path(file.name), drafts=False, dry_run=dry_run, progress=lambda *sizes: None, commit=db.session.commit
            )


def _write_blog(name: str) -> None:
    """Write a WordPress export of IMPORTED_POSTS posts with IMPORTED_REPLIES replies each, of a blog like no other."""
    blog = f"https://blog{token_hex(4)}.example"
    with Path(name).open("w", encoding="utf-8") as file:
        file.write(
            '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
            ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>'
            f"<wp:base_site_url>{blog}</wp:base_site_url>"
        )
        for n in range(IMPORTED_POSTS):
            file.write(_blog_post(blog, n))
        file.write("</channel></rss>")


def _blog_post(blog: str, n: int) -> str:
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
        f"<item><title>Post number {n}</title><link>{blog}/{n}</link><dc:creator>editor</dc:creator>"
        f"<content:encoded><![CDATA[<p>What happened in case {n}, after <a href='{blog}/{n // 2}'>another</a>.</p>]]>"
        "</content:encoded>"
        f"<wp:post_id>{n + 1}</wp:post_id><wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>"
        f"<wp:status>publish</wp:status><wp:post_type>post</wp:post_type>{replies}</item>"
    )


STEPS: dict[str, Step] = {
    "digest": lambda folder: send_digests(),
    "digest again": lambda folder: send_digests(),
    "publish scores": lambda folder: publish_scores(),
    "publish scores again": lambda folder: publish_scores(),
    "reseal saved lists": lambda folder: reseal_saved_lists(),
    "index 10,000 replies": _index_replies,
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
    "settle mentions": lambda folder: settle_pending_mentions(),
    "settle spam": lambda folder: settle_spam(),
    "mail at once": lambda folder: send_mail_at_once(),
    "refresh open data": lambda folder: refresh_open_data(),
    "data of a member": _own_data,
    "forum check": _check,
    "forum export": _export,
    "forum backup": _backup,
    "forum import --dry-run": lambda folder: _import(folder, dry_run=True),
    "forum import": _import,
    "erase a member": _erase,
    "forum render": _render,
    "forum secrets reseal": _reseal_secrets,
    "forum search rebuild": _rebuild,
    "truncate the log": lambda folder: truncate_write_ahead_log(),
    "forum restore": _restore,
    MOVE: _move,
}
# What must be there before a step, by its name.
PREPARATIONS: dict[str, Step] = {
    "digest": _queue_texts,
    "forum render": _forget_rendering,
    "forum restore": _back_up_for_restoring,
}
WHILE_STOPPED = ("forum restore", MOVE)
