"""The field for tags: words that are typed, and boxes of a list."""

from typing import Any

from wtforms import Field, StringField
from wtforms.form import BaseForm
from wtforms.validators import ValidationError

from forum.posts.models import MAX_TAGS, Tag
from forum.posts.tags.queries import MAX_TAG_WORDS, TagMatches, match_tags, similar_tags

# In characters. Five tags, and what may be typed beside the boxes.
MAX_TAG_INPUT = 1000


class TagsField(StringField):
    """One to five tags. What is typed and what is chosen from the list have one name; the data is both, with commas."""

    _matches: tuple[str, TagMatches] = ("", TagMatches({}, []))

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Join what was sent."""
        if valuelist:
            self.data = ", ".join(value for value in valuelist if value)

    def matches(self) -> TagMatches:
        """Return what the data stands for; looked up once."""
        typed = (self.data or "")[:MAX_TAG_INPUT]
        if typed != self._matches[0]:
            self._matches = (typed, match_tags(typed))
        return self._matches[1]

    def selected(self) -> list[Tag]:
        """Return the tags, each once."""
        return list({tag.id: tag for tag in self.matches().tags.values()}.values())


def check_tags(form: BaseForm, field: Field) -> None:
    """Validate that there are one to five existing tags, by slug or synonym. A retired tag may only stay."""
    assert isinstance(field, TagsField)
    matches = field.matches()
    count = len(matches.tags) + sum(len(words.split()) for words in matches.unknown)
    if count >= MAX_TAG_WORDS or len(field.data or "") > MAX_TAG_INPUT:
        raise ValidationError(f"Use at most {MAX_TAGS} tags.")
    if matches.unknown:
        words = matches.unknown[0]
        suggestions = " or ".join(similar_tags(words.replace(" ", "-")))
        hint = f"Did you mean {suggestions}?" if suggestions else "All tags are listed below."
        raise ValidationError(f"There is no tag “{words[:50]}”. {hint}")
    if not matches.tags:
        raise ValidationError("Choose one to five tags, so that others find this.")
    for word, tag in matches.tags.items():
        if tag.retired_at and tag.slug not in (field.object_data or "").split(", "):
            raise ValidationError(f"The tag “{word[:50]}” is no longer offered. Choose another one.")
    count = len(field.selected())
    if count > MAX_TAGS:
        raise ValidationError(f"You entered {count} tags. Keep the {MAX_TAGS} that fit best.")
