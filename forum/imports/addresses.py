"""The addresses of a blog: in one form for comparing, in the list of all items, and in a redirect map for nginx."""

import csv
import re
import string
from collections.abc import Iterable
from typing import IO
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from forum.imports.models import ADDRESS_LENGTH
from forum.imports.wordpress import Blog, Item
from forum.links import external_url
from forum.posts.models import Post

COLUMNS = ("kind", "number", "old_address", "new_address", "outcome")
_COMMENT_FRAGMENT = re.compile(r"comment-(\d{1,20})")
# nginx compares without regard to the case of ASCII letters.
_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normalized_address(url: str) -> str | None:
    """Return host and path, decoded and in lower case, without "www." and the last slash; None if it is no web address.

    The number of an address such as "https://blog.example/?p=12" stays: "blog.example?p=12".
    """
    try:
        parts = urlsplit(url.strip())
        numbers = parse_qs(parts.query, max_num_fields=50).get("p")
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or not parts.netloc:
        return None
    address = (parts.netloc.removeprefix("www.") + unquote(parts.path).rstrip("/")).translate(_ASCII_LOWER)
    if numbers and numbers[0].isdecimal():
        address += f"?p={numbers[0]}"
    return address if len(address) <= ADDRESS_LENGTH and address.isprintable() else None


def comment_number_in(url: str) -> str | None:
    """Return the number of the comment that an address leads to, or None."""
    match = _COMMENT_FRAGMENT.fullmatch(urlsplit(url).fragment)
    return match[1] if match else None


def base_address(blog: Blog) -> str:
    """Return the address of the blog's home page, or nothing if the export does not say it."""
    for name in ("wp:base_blog_url", "link", "wp:base_site_url"):
        if normalized_address(url := blog.fields.get(name, "").strip()):
            return url
    return ""


def addresses_of(item: Item, base: str) -> set[str]:
    """Return the addresses that the item had in the blog: its own, and the short one with its number."""
    number = item.fields.get("wp:post_id", "").strip()
    urls = [item.fields.get("link", ""), urljoin(base, f"?p={number}") if base and number else ""]
    home = normalized_address(base) if base else None
    return {address for url in urls if (address := normalized_address(url)) and address != home}


def redirect_lines(rows: Iterable[tuple[str, int, str]]) -> list[str]:
    """Return the lines of a map for nginx, of (address, post's id, slug): from path or number to the new address."""
    lines: dict[str, str] = {}
    for address, post_id, slug in rows:
        target = external_url("posts.show", post_id=post_id, slug=slug)
        host_and_path, has_number, number = address.partition("?p=")
        path = host_and_path.partition("/")[2]
        keys = [f"?p={number}"] if has_number else [f"/{path}", f"/{path}/"] if path else []
        for key in keys:
            lines.setdefault(key, f'"{_quoted(key)}" "{target}";')
    return list(lines.values())


class AddressList:
    """Writes a CSV row for each item of the export: where it was, where it is, and what became of it."""

    def __init__(self, stream: IO[str] | None, *, dry_run: bool) -> None:
        self.writer = csv.writer(stream, lineterminator="\n") if stream else None
        self.dry_run = dry_run
        if self.writer:
            self.writer.writerow(COLUMNS)

    def add_item(self, item: Item, post: Post | None, outcome: str) -> None:
        """Add an item of the blog, with the post that was made of it."""
        has_address = post is not None and post.deleted_at is None and not self.dry_run
        new = external_url("posts.show", post_id=post.id, slug=post.slug) if post and has_address else ""
        self._write(item.kind, item.fields.get("wp:post_id", ""), item.fields.get("link", ""), new, outcome)

    def add_comment(self, item: Item, number: str, comment_id: int | None, outcome: str) -> None:
        """Add a comment under an item, with the id of the reply that was made of it."""
        link = item.fields.get("link", "").strip()
        new = external_url("comments.show", comment_id=comment_id) if comment_id and not self.dry_run else ""
        self._write("comment", number, f"{link}#comment-{number}" if link else "", new, outcome)

    def _write(self, *values: str) -> None:
        if self.writer:
            self.writer.writerow([_cell(value) for value in values])


def _cell(value: str) -> str:
    """Return a value that no spreadsheet takes for a formula."""
    value = " ".join(value.split())
    return f"'{value}" if value[:1] in tuple("=+-@") else value


def _quoted(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')
