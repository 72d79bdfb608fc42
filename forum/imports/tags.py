"""A blog's categories and tags as the forum's tags: known words and synonyms are matched, others are made."""

from urllib.parse import unquote

from forum import text
from forum.db import db
from forum.imports.content import plain
from forum.imports.report import Report
from forum.posts.forms import MAX_TAGS
from forum.posts.models import Tag
from forum.posts.tags.actions import create_tag
from forum.posts.tags.queries import tags_by_word

KINDS = {"category": 0, "post_tag": 1, "tag": 1}  # "tag" in version 1.0; other domains are formats and plugins' own
NO_LABEL = "imported"


class Labels:
    """Finds or makes tags, and remembers them."""

    def __init__(self, blog: str, report: Report) -> None:
        self.blog = blog
        self.report = report
        self.ids: dict[str, int] = {}

    def tags(self, labels: list[tuple[str, str, str]]) -> list[Tag]:
        """At most five for one post, categories first; one called "imported" when it had none."""
        words: dict[str, str] = {}
        for domain, name, nicename in sorted(labels, key=lambda label: KINDS.get(label[0], 2)):
            word = _folded(name) or _folded(unquote(nicename))
            if domain in KINDS and word and word != "uncategorized":
                words.setdefault(word, text.single_line(plain(name)))
        tags: dict[int, Tag] = {}
        for left, (word, name) in zip(range(len(words), 0, -1), words.items(), strict=True):
            if len(tags) == MAX_TAGS:
                self.report.changed[f"tag beyond a post's {MAX_TAGS}|tags beyond a post's {MAX_TAGS}"] += left
                break
            tag = self._tag(word, name)
            tags[tag.id] = tag
        return list(tags.values()) or [self._tag(NO_LABEL, "")]

    def forget(self) -> None:
        """What was rolled back with a bad item may have made tags."""
        self.ids.clear()

    def _tag(self, word: str, name: str) -> Tag:
        known = db.session.get(Tag, self.ids[word]) if word in self.ids else tags_by_word([word]).get(word)
        if known is None:
            about = f"What “{name[:100]}” was on {self.blog[:80]}" if name else "Moved in without a tag"
            known = create_tag(word, about[:200])
            self.report.tags += 1
        self.ids[word] = known.id
        return known


def _folded(name: str) -> str:
    return text.fold(plain(name))[:50].strip("-")
