"""Links from one imported text to another, led to where it is now."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from forum import text
from forum.db import db
from forum.imports.addresses import comment_number_in, normalized_address
from forum.imports.queries import MovedPost, ids_of_comments, keys_that_mention, moved_posts, texts_that_mention
from forum.markdown_writer import escape_markdown
from forum.posts.models import Comment, Post
from forum.posts.writing import set_body
from forum.turns import end_turn, reading_apart
from forum.urls import path_of

# A link with words, and a bare address.
_LINK = re.compile(r"\]\((https?://[^\s()]{1,1000})\)|<(https?://[^\s<>]{1,1000})>")


class _Link(NamedTuple):
    """Where an old address leads to now, and the title of the post there."""

    title: str
    path: str


def rewrite_links(prefix: str, host: str, commit: Callable[[], object] | None) -> int:
    """Lead links between the texts of one blog to posts and replies here, and return how many links there were.

    `prefix` is that of the blog's import keys. Texts that somebody has edited since stay as they are.
    """
    count = 0
    for kind in (Post, Comment):
        last_key = prefix
        while keys := _keys_after(last_key, kind, host, prefix, commit):
            last_key = keys[-1]
            count += _rewrite(texts_that_mention(kind, host, prefix, keys), prefix)
            db.session.flush()
            end_turn(commit)
    return count


def _keys_after(
    last_key: str, kind: type[Post | Comment], host: str, prefix: str, commit: Callable[[], object] | None
) -> Sequence[str]:
    with reading_apart(commit):
        return keys_that_mention(kind, host, prefix, last_key)


def _rewrite(items: Sequence[Post | Comment], prefix: str) -> int:
    urls = {match[1] or match[2] for item in items for match in _LINK.finditer(item.body)}
    posts = moved_posts([address for url in urls if (address := normalized_address(url))])
    numbers = {number for url in urls if (number := comment_number_in(url))}
    comments = ids_of_comments(prefix, numbers) if numbers else {}
    links = {url: link for url in urls if (link := _link_to(url, posts, comments))}

    def new_link(match: re.Match[str]) -> str:
        link = links.get(match[1] or match[2])
        if link is None:
            return match[0]
        return f"]({link.path})" if match[1] else f"[{escape_markdown(link.title)}]({link.path})"

    count = 0
    for item in items:
        body = _LINK.sub(new_link, item.body)
        if body != item.body and len(body) <= text.MAX_SOURCE_LENGTH:
            count += sum((match[1] or match[2]) in links for match in _LINK.finditer(item.body))
            _store(item, body)
    return count


def _link_to(url: str, posts: Mapping[str, MovedPost], comments: Mapping[str, int]) -> _Link | None:
    post = posts.get(normalized_address(url) or "")
    if post is None:
        return None
    comment_id = comments.get(comment_number_in(url) or "")
    if comment_id is not None:
        return _Link(post.title, path_of("comments.show", comment_id=comment_id))
    return _Link(post.title, path_of("posts.show", post_id=post.post_id, slug=post.slug))


def _store(item: Post | Comment, body: str) -> None:
    set_body(item, body)
    if isinstance(item, Post):
        item.excerpt = text.excerpt_of(item.body_html)
