"""Importing WordPress exports in tests."""

from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from forum.db import db
from forum.imports.actions import import_wordpress
from forum.imports.report import Report
from forum.posts.models import Comment, Post

DATA = Path(__file__).parent / "data" / "wordpress"


def import_file(file: str | Path, **options: Any) -> Report:
    """Import a file as the command does."""
    defaults = {"drafts": False, "dry_run": False, "progress": lambda read, total: None, "commit": db.session.commit}
    return import_wordpress(DATA / file, **defaults | options)


def imported_post(key: str) -> Post:
    return db.session.scalars(select(Post).where(Post.imported_from == f"wordpress {key}")).one()


def thread_of(post: Post) -> list[Comment]:
    return list(db.session.scalars(select(Comment).where(Comment.post_id == post.id).order_by(Comment.path)))


def numbers(post: Post) -> list[tuple[int, str]]:
    """Return (depth, number in the blog) in reading order."""
    return [(comment.depth, (comment.imported_from or "").split()[-1]) for comment in thread_of(post)]


def count_rows(model: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def export_with(tmp_path: Path, *items: str, blog: str = "https://made.example", name: str = "made.xml") -> Path:
    """Write an export with these items, and return its path."""
    file = tmp_path / name
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:wp="http://wordpress.org/export/1.2/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Made</title><link>{blog}</link><wp:base_blog_url>{blog}</wp:base_blog_url>"
        "<wp:author><wp:author_login>ann</wp:author_login><wp:author_email>ann@made.example</wp:author_email>"
        f"<wp:author_display_name>Ann</wp:author_display_name></wp:author>{''.join(items)}</channel></rss>"
    )
    return file


def item(number: int, *comments: str, body: str = "What happened.", status: str = "publish", kind: str = "post") -> str:
    return (
        f"<item><title>Number {number}</title><dc:creator>ann</dc:creator>"
        f"<content:encoded><![CDATA[{body}]]></content:encoded><wp:post_id>{number}</wp:post_id>"
        f"<wp:post_date_gmt>2015-01-01 10:00:00</wp:post_date_gmt><wp:status>{status}</wp:status>"
        f"<wp:post_type>{kind}</wp:post_type>{''.join(comments)}</item>"
    )


def comment(
    number: int,
    parent: int = 0,
    body: str = "A reply.",
    day: int = 2,
    approved: str = "1",
    author: str = "Reader",
    email: str = "reader@x.example",
) -> str:
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id><wp:comment_author>{author}</wp:comment_author>"
        f"<wp:comment_author_email>{email}</wp:comment_author_email>"
        f"<wp:comment_date_gmt>2015-01-{day:02} 10:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content><![CDATA[{body}]]></wp:comment_content>"
        f"<wp:comment_approved>{approved}</wp:comment_approved><wp:comment_parent>{parent}</wp:comment_parent>"
        "</wp:comment>"
    )
