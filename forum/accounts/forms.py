"""What people type about themselves, and what is wrong with it."""

from typing import Any
from zoneinfo import available_timezones

from flask_login import current_user
from wtforms import BooleanField, EmailField, PasswordField, SelectField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, ValidationError

from forum import text
from forum.accounts import passwords
from forum.accounts.badge_choices import BUSINESS_TYPES, REGIONS
from forum.accounts.disposable import is_disposable
from forum.forms import Form

EMAIL_VALIDATORS = [
    InputRequired("Write your e-mail address."),
    Length(max=254, message="This address is too long."),
    Email("This is not a whole e-mail address. It looks like name@company.example."),
]


def _stripped(address: str | None) -> str | None:
    """Phones put a blank behind what they complete."""
    return address.strip() if address else address


def _lasting(form: Any, field: Any) -> None:
    if is_disposable(field.data or ""):
        raise ValidationError("Addresses of this service last minutes only. Use one that stays yours.")


def _name_ok(form: Any, field: Any) -> None:
    name = text.single_line(field.data or "")
    if not 2 <= len(name) <= 60:
        raise ValidationError("Write a name of 2 to 60 characters.")
    if "@" in name or "://" in name:
        raise ValidationError("A name is not an address. Write the name people should see.")


def _new_password_ok(form: Any, field: Any) -> None:
    known = [getattr(form[name], "data", "") or "" for name in ("name", "email") if name in form]
    if current_user.is_authenticated:
        known += [current_user.name, current_user.email or ""]
    about = tuple(known) + tuple(address.split("@")[0] for address in known)
    if problem := passwords.password_error(field.data or "", about=about):
        raise ValidationError(problem)


def check_current_password(form: Any, field: Any) -> None:
    """The password of the one who is signed in."""
    if not passwords.is_correct(current_user.password_hash, field.data or ""):
        raise ValidationError("This is not your present password.")


class JoinForm(Form):
    """An account begins."""

    name = StringField("Name", validators=[InputRequired("Write your name."), _name_ok])
    email = EmailField("Work e-mail", filters=[_stripped], validators=[*EMAIL_VALIDATORS, _lasting])
    password = PasswordField("Password", validators=[InputRequired("Choose a password."), _new_password_ok])


class SignInForm(Form):
    """Back again."""

    email = StringField("Work e-mail", filters=[_stripped], validators=[InputRequired("Write your e-mail address.")])
    password = PasswordField("Password", validators=[InputRequired("Write your password.")])
    remember = BooleanField("Keep me signed in on this device")


class ConfirmForm(Form):
    """The mailed link was followed; the password shows that it was the one who joined."""

    password = PasswordField("The password you chose", validators=[InputRequired("Write the password you chose.")])


class ForgottenForm(Form):
    """Where to mail the link to."""

    email = EmailField("Work e-mail", filters=[_stripped], validators=EMAIL_VALIDATORS)


class NewPasswordForm(Form):
    """A new password, by a mailed link."""

    password = PasswordField("New password", validators=[InputRequired("Choose a password."), _new_password_ok])


class ChangePasswordForm(Form):
    """A new password, by the old one."""

    current_password = PasswordField(
        "Present password", validators=[InputRequired("Write your present password."), check_current_password]
    )
    password = PasswordField("New password", validators=[InputRequired("Choose a password."), _new_password_ok])
    password_confirmation = PasswordField(
        "New password, again",
        validators=[InputRequired("Write the new password once more."), EqualTo("password", "The two do not match.")],
    )


class ChangeEmailForm(Form):
    """Another address for the same account."""

    email = EmailField("New work e-mail", filters=[_stripped], validators=[*EMAIL_VALIDATORS, _lasting])
    current_password = PasswordField(
        "Present password", validators=[InputRequired("Write your present password."), check_current_password]
    )


class ProfileForm(Form):
    """What a member's page says. All but the name is optional."""

    name = StringField("Name", validators=[InputRequired("Write your name."), _name_ok])
    job_title = StringField("What I do", validators=[Length(max=80, message="Use at most 80 characters.")])
    company = StringField("Company", validators=[Length(max=80, message="Use at most 80 characters.")])
    country = StringField("Country", validators=[Length(max=60, message="Use at most 60 characters.")])
    business_type = SelectField("Kind of company", choices={"": "Not stated", **BUSINESS_TYPES})
    region = SelectField("Region", choices={"": "Not stated", **REGIONS})
    time_zone = SelectField(
        "Time zone", choices={zone: zone.replace("_", " ") for zone in sorted(available_timezones())}
    )
