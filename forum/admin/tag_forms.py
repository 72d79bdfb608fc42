"""What staff types about tags and categories, and what is wrong with it."""

from typing import Any

from wtforms import StringField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.admin.member_forms import ReasonForm
from forum.posts.models import Tag
from forum.posts.tags.queries import tags_by_word
from forum.forms import Form


def check_tag_word(form: Any, field: Any) -> None:
    """Something that can stand in an address."""
    folded = text.fold(field.data or "")
    if not 2 <= len(folded) <= 50:
        raise ValidationError("Write a word of 2 to 50 letters or digits; hyphens join several.")


DESCRIPTION_RULES = [
    InputRequired("Say what it is for."),
    Length(min=5, max=200, message="Use 5 to 200 characters."),
]


class TagForm(Form):
    """A new tag."""

    word = StringField("Tag", validators=[check_tag_word])
    description = StringField("What it is for", validators=DESCRIPTION_RULES)


class DescriptionForm(Form):
    """What a tag is for."""

    description = StringField("What it is for", validators=DESCRIPTION_RULES)


class WordForm(Form):
    """Another word for a tag."""

    word = StringField("Another word", validators=[check_tag_word])


class TagMergeForm(ReasonForm):
    """Into which tag another goes."""

    into = StringField("Into which tag", validators=[InputRequired("Write the other tag.")])

    def __init__(self, old: Tag, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = old
        self.target: Tag | None = None

    def validate_into(self, field: Any) -> None:
        """Another tag."""
        word = text.fold((field.data or "").lstrip("#"))
        self.target = tags_by_word([word]).get(word)
        if self.target is None:
            raise ValidationError(f"There is no tag “{word[:50]}”.")
        if self.target.id == self.old.id:
            raise ValidationError("A tag cannot go into itself. Write the other one.")


class CategoryForm(Form):
    """The name of a kind of vendor."""

    name = StringField("Name")

    def validate_name(self, field: Any) -> None:
        """Two to sixty characters."""
        if not 2 <= len(text.single_line(field.data or "")) <= 60 or not text.fold(field.data or ""):
            raise ValidationError("Write a name of 2 to 60 characters.")

    def cleaned_name(self) -> str:
        """The name."""
        return text.single_line(self.name.data or "")
