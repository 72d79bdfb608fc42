"""Forms of the admin pages about tags and categories."""

from typing import Any

from wtforms import Field, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from forum import text
from forum.admin.member_forms import ReasonForm
from forum.forms import EditForm, Form
from forum.posts.models import Tag
from forum.posts.tags.queries import tags_by_word


def check_tag_word(form: Form, field: Field) -> None:
    """Accept a word of which a slug of 2 to 50 characters can be made."""
    folded = text.fold(field.data or "")
    if not 2 <= len(folded) <= 50:
        raise ValidationError("Enter a word of 2 to 50 letters or digits. Use hyphens to join several.")


DESCRIPTION_RULES = [
    InputRequired("Enter a description."),
    Length(min=5, max=200, message="Use 5 to 200 characters."),
]


class TagForm(Form):
    """A new tag."""

    word = StringField("Tag", validators=[check_tag_word])
    description = StringField("Description", validators=DESCRIPTION_RULES)


class DescriptionForm(EditForm):
    """A tag's description."""

    description = StringField("Description", validators=DESCRIPTION_RULES)


class SynonymForm(Form):
    """Another word for a tag."""

    word = StringField("Synonym", validators=[check_tag_word])


class TagMergeForm(ReasonForm):
    """The tag that another is merged into."""

    into = StringField("Merge into", validators=[InputRequired("Enter the other tag.")])

    def __init__(self, old: Tag, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.old = old
        self.target: Tag | None = None

    def validate_into(self, field: Field) -> None:
        """Accept another tag, and set `target`."""
        word = text.fold((field.data or "").lstrip("#"))
        self.target = tags_by_word([word]).get(word)
        if self.target is None:
            raise ValidationError(f"There is no tag “{word[:50]}”.")
        if self.target.id == self.old.id:
            raise ValidationError("A tag can't be merged into itself. Enter another one.")


class CategoryForm(EditForm):
    """The name of a category."""

    name = StringField("Name")

    def validate_name(self, field: Field) -> None:
        """Accept 2 to 60 characters."""
        if not 2 <= len(text.single_line(field.data or "")) <= 60 or not text.fold(field.data or ""):
            raise ValidationError("Enter a name of 2 to 60 characters.")

    def cleaned_name(self) -> str:
        """Return the name on one line."""
        return text.single_line(self.name.data or "")
