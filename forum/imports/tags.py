"""A blog's categories and tags as the forum's tags."""

from urllib.parse import unquote

from forum import text
from forum.db import db
from forum.imports.content import plain
from forum.imports.report import Report
from forum.posts.models import MAX_TAGS, Tag
from forum.posts.tags.actions import create_tag
from forum.posts.tags.queries import tags_by_word

# Categories come first. WXR 1.0 writes domain="tag". Other domains come from post formats and plugins.
DOMAIN_ORDER = {"category": 0, "post_tag": 1, "tag": 1}
DEFAULT_TAG = "imported"


class TagImporter:
    """Finds tags by slug or synonym, creates missing ones, and caches their ids."""

    def __init__(self, blog: str, report: Report) -> None:
        self.blog = blog
        self.report = report
        self.ids: dict[str, int] = {}

    def tags_for(self, labels: list[tuple[str, str, str]]) -> list[Tag]:
        """Return the tags of one post: at most MAX_TAGS, categories first, or DEFAULT_TAG if it had none."""
        words: dict[str, str] = {}
        for domain, name, nicename in sorted(labels, key=lambda label: DOMAIN_ORDER.get(label[0], 2)):
            word = _folded(name) or _folded(unquote(nicename))
            if domain in DOMAIN_ORDER and word and word != "uncategorized":
                words.setdefault(word, text.single_line(plain(name)))
        tags: dict[int, Tag] = {}
        for remaining, (word, name) in zip(range(len(words), 0, -1), words.items(), strict=True):
            if len(tags) == MAX_TAGS:
                self.report.changed[f"tag beyond a post's {MAX_TAGS}|tags beyond a post's {MAX_TAGS}"] += remaining
                break
            tag = self._tag(word, name)
            tags[tag.id] = tag
        return list(tags.values()) or [self._tag(DEFAULT_TAG, "")]

    def clear_cache(self) -> None:
        """Forget the ids after a rollback, which may have undone created tags."""
        self.ids.clear()

    def _tag(self, word: str, name: str) -> Tag:
        tag = db.session.get(Tag, self.ids[word]) if word in self.ids else tags_by_word([word]).get(word)
        if tag is None:
            description = f"“{name[:100]}” on {self.blog[:80]}" if name else "Imported without a tag"
            tag = create_tag(word, description[:200])
            self.report.tags += 1
        self.ids[word] = tag.id
        return tag


def _folded(name: str) -> str:
    return text.fold(plain(name))[:50].strip("-")
