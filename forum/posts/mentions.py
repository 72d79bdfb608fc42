"""Mentions: `@jana-novak` in a text becomes a link to that member's page when the text is written.

The name is that of the page's address, which never changes. Aliases have no page and can't be mentioned.
"""

import re
from collections.abc import Iterator

from forum.accounts.queries import mentionable_slugs
from forum.db import db
from forum.urls import path_of

# Of further names in a text nothing is looked up.
MAX_NAMES = 20
_TAG = re.compile(r"""(<(?:[^">]|"[^"]*")*>)""")
_NAME = re.compile(r"(?<![\w@/.+-])@([a-z0-9](?:[a-z0-9-]{0,68}[a-z0-9])?)(?![\w@-]|\.\w)", re.IGNORECASE)
_LINK = re.compile(r'<a href="[^"]*/members/([a-z0-9-]+)">@')
# What is written in these is shown as it is.
_CLOSED_TAGS = ("a", "code", "pre")


def link_mentions(rendered: str) -> str:
    """Return a text made by `text.to_html` with links in place of members' names. One query if there are names."""
    if "@" not in rendered:
        return rendered
    parts = list(_parts(rendered))
    names = dict.fromkeys(name.lower() for part, is_open in parts if is_open for name in _NAME.findall(part))
    if not names:
        return rendered
    with db.session.no_autoflush:
        slugs = mentionable_slugs(list(names)[:MAX_NAMES])

    def link(match: re.Match[str]) -> str:
        slug = match[1].lower()
        return f'<a href="{path_of("pages.member", slug=slug)}">{match[0]}</a>' if slug in slugs else match[0]

    return "".join(_NAME.sub(link, part) if is_open else part for part, is_open in parts)


def mentioned_slugs(rendered: str) -> list[str]:
    """Return the slugs of the members whom a text mentions, in order. A link that was typed is no mention."""
    return list(dict.fromkeys(_LINK.findall(rendered)))


def _parts(rendered: str) -> Iterator[tuple[str, bool]]:
    """Yield the tags of a text and what is between them, and whether that may be linked."""
    depth = 0
    for n, part in enumerate(_TAG.split(rendered)):
        is_tag = n % 2 > 0
        if is_tag and re.match(r"</?(?:{})\b".format("|".join(_CLOSED_TAGS)), part):
            depth += -1 if part.startswith("</") else 1
        yield part, not is_tag and depth == 0
