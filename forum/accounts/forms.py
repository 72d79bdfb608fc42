"""Forms for joining, signing in and settings."""

from functools import cache
from zoneinfo import available_timezones

from flask_login import current_user
from wtforms import BooleanField, EmailField, Field, PasswordField, SelectField, StringField
from wtforms.validators import Email, EqualTo, InputRequired, Length, ValidationError

from forum import text
from forum.accounts import passwords
from forum.accounts.badge_choices import BUSINESS_TYPES, REGIONS
from forum.accounts.disposable import is_disposable
from forum.accounts.names import clean_name, key_of, name_error, title_error
from forum.accounts.organisations import is_free_mail
from forum.domains import email_domain
from forum.forms import Form
from forum.site import setting
from forum.word_lists import held_domain_in, held_word_in, listed_domain

EMAIL_VALIDATORS = [
    InputRequired("Enter your e-mail address."),
    Length(max=254, message="This e-mail address is too long."),
    Email("This e-mail address is incomplete. It should look like name@company.example.", allow_smtputf8=False),
]
# What the names of time zones begin with; the other names are older ones of the same zones, and technical ones.
ZONE_REGIONS = set("Africa America Antarctica Arctic Asia Atlantic Australia Europe Indian Pacific UTC".split())
MAX_80 = Length(max=80, message="Use at most 80 characters.")


def _stripped(address: str | None) -> str | None:
    """Remove the space that phones add after a completed address."""
    return address.strip() if address else address


def _check_not_disposable(form: Form, field: Field) -> None:
    if is_disposable(field.data or ""):
        raise ValidationError("This address is from a temporary e-mail service. Use a permanent address.")


def _check_domain_not_blocked(form: Form, field: Field) -> None:
    """Validate that new addresses at this domain are welcome."""
    domain = email_domain(field.data)
    if any(listed_domain(domain, setting(name)) for name in ("held_domains", "blocked_domains")):
        raise ValidationError("Addresses at this domain can't be used here. Use another address.")


def _cleaned(typed: str | None) -> str | None:
    return clean_name(typed) if typed else typed


def _check_name(form: Form, field: Field) -> None:
    name, member = field.data or "", current_user if current_user.is_authenticated else None
    if not 2 <= text.visible_length(name) <= 60 or not key_of(name):
        raise ValidationError("Use 2 to 60 characters for your name.")
    if member is not None and member.name == name:
        return
    if message := name_error(name, member):
        raise ValidationError(message)
    _check_words(form, field)


def _check_words(form: Form, field: Field) -> None:
    """Refuse what contains a word that admins listed. What the profile said before may stay."""
    typed = field.data or ""
    if typed == (field.object_data or ""):
        return
    if held_word_in(typed, setting("held_words")) or held_domain_in(typed.split(), setting("held_domains")):
        raise ValidationError("This contains a word that can't be used here. Leave it out.")


def _check_title(form: Form, field: Field) -> None:
    _check_words(form, field)
    is_staff = current_user.is_authenticated and current_user.role != "member"
    if not is_staff and (message := title_error(field.data or "")):
        raise ValidationError(message)


def _check_new_password(form: Form, field: Field) -> None:
    personal = [getattr(form[name], "data", "") or "" for name in ("name", "email") if name in form]
    if current_user.is_authenticated:
        personal += [current_user.name, current_user.email or ""]
    personal += [address.split("@")[0] for address in personal]
    if message := passwords.password_error(field.data or "", personal=tuple(personal)):
        raise ValidationError(message)


def check_current_password(form: Form, field: Field) -> None:
    """Validate that the field holds the signed-in member's password."""
    if not passwords.is_correct(current_user.password_hash, field.data or ""):
        raise ValidationError("This is not your current password.")


def _new_password_field(label: str) -> PasswordField:
    return PasswordField(label, validators=[InputRequired("Choose a password."), _check_new_password])


def own_password_field(label: str = "Your password", message: str = "Enter your password.") -> PasswordField:
    """Return the field that asks a signed-in member for their password once more."""
    return PasswordField(label, validators=[InputRequired(message), check_current_password])


def _current_password_field() -> PasswordField:
    return own_password_field("Current password", "Enter your current password.")


NEW_ADDRESS_VALIDATORS = [*EMAIL_VALIDATORS, _check_not_disposable, _check_domain_not_blocked]


class JoinForm(Form):
    """Create an account."""

    name = StringField("Name", filters=[_cleaned], validators=[InputRequired("Enter your name."), _check_name])
    email = EmailField("E-mail", filters=[_stripped], validators=NEW_ADDRESS_VALIDATORS)
    password = _new_password_field("Password")


class SignInForm(Form):
    """Sign in."""

    email = StringField("E-mail", filters=[_stripped], validators=[InputRequired("Enter your e-mail address.")])
    password = PasswordField("Password", validators=[InputRequired("Enter your password.")])
    remember = BooleanField("Keep me signed in on this device")


class ConfirmForm(Form):
    """Confirm an address: besides the mailed link, the password shows that this is the person who joined."""

    password = PasswordField("The password you chose", validators=[InputRequired("Enter the password you chose.")])


class ForgotPasswordForm(Form):
    """Ask for a link to choose a new password."""

    email = EmailField("E-mail", filters=[_stripped], validators=EMAIL_VALIDATORS)


class NewPasswordForm(Form):
    """Choose a new password by a mailed link."""

    password = _new_password_field("New password")


class ChangePasswordForm(Form):
    """Change the password while signed in."""

    current_password = _current_password_field()
    password = _new_password_field("New password")
    password_confirmation = PasswordField(
        "Repeat new password",
        validators=[
            InputRequired("Repeat the new password."),
            EqualTo("password", "The two passwords do not match."),
        ],
    )


class ChangeEmailForm(Form):
    """Move the account to another address."""

    email = EmailField("New e-mail", filters=[_stripped], validators=NEW_ADDRESS_VALIDATORS)
    current_password = _current_password_field()


def _check_work_address(form: Form, field: Field) -> None:
    domain = email_domain(field.data)
    if is_free_mail(domain):
        raise ValidationError(
            f"Anyone can get an address at {domain}, so it proves no company. Enter the address that your company "
            "gave you. Without it your ratings count in the scores, but not towards the five companies each needs."
        )


class WorkDomainForm(Form):
    """Prove where one works."""

    email = EmailField("Work e-mail", filters=[_stripped], validators=[*NEW_ADDRESS_VALIDATORS, _check_work_address])


class ProfileForm(Form):
    """Change the profile. Everything but the name is optional."""

    name = StringField("Name", filters=[_cleaned], validators=[InputRequired("Enter your name."), _check_name])
    job_title = StringField("Job title", filters=[_cleaned], validators=[MAX_80, _check_title])
    company = StringField("Company", filters=[_cleaned], validators=[MAX_80, _check_title])
    country = StringField(
        "Country", filters=[_cleaned], validators=[Length(max=60, message="Use at most 60 characters."), _check_title]
    )
    business_type = SelectField("Type of company", choices={"": "Not stated", **BUSINESS_TYPES})
    region = SelectField("Region", choices={"": "Not stated", **REGIONS})
    time_zone = SelectField("Time zone")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        # A zone that was stored when other names were offered may stay.
        names = time_zones() | {self.time_zone.object_data or "UTC"}
        self.time_zone.choices = {name: name.replace("_", " ") for name in sorted(names)}


@cache
def time_zones() -> frozenset[str]:
    """Return the names of time zones that people know: a region and a place, and UTC."""
    return frozenset(name for name in available_timezones() if name.partition("/")[0] in ZONE_REGIONS)
