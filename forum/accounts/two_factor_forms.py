"""Forms for two-factor authentication, and re-authentication before changes of roles."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flask_login import current_user
from limits import parse
from wtforms import Field, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, ValidationError

from forum import anonymity
from forum.accounts import passwords, recovery_phrase, two_factor
from forum.accounts.forms import own_password_field
from forum.accounts.lock_actions import unlock_anonymous_writing
from forum.accounts.models import Member
from forum.forms import Form
from forum.rate_limits import limiter
from forum.site import site_name

ExtraValidators = Mapping[str, Sequence[Any]] | None

# Attempts at the codes and passwords of one account, successful ones included.
ATTEMPTS = parse("10/15 minutes")
TOO_MANY_ATTEMPTS = "Too many attempts. Wait fifteen minutes."
MAX_PHRASE_LENGTH = 400
WRONG_CODE = "This code is not valid now. Each code works once, for half a minute; wait for the next one."


class AppSecret(NamedTuple):
    """What an authenticator app needs: a QR code, the link behind it, and the secret in groups of four."""

    qr_code: str
    uri: str
    secret: str


def count_attempt(member: Member) -> bool:
    """Count an attempt at the member's codes; False when there were too many."""
    is_allowed: bool = limiter.limiter.hit(
        ATTEMPTS, "second factor", anonymity.hashed_limit_key(f"codes of {member.id}")
    )
    return is_allowed


def reauthentication_error(member: Member, typed: str) -> str | None:
    """Return why this is neither the member's password nor an unused code, or None when it is one.

    A code is used up, so the calling view commits.
    """
    if not count_attempt(member):
        return TOO_MANY_ATTEMPTS
    if passwords.is_correct(member.password_hash, typed) or two_factor.consume_code(member, typed):
        return None
    return "This is neither your password nor a current code."


class ReauthenticationFields(Form):
    """Mixin for a form that asks for the password or a code again."""

    proof = PasswordField(
        "Your password, or a code from your app", validators=[InputRequired("Enter your password or a code.")]
    )

    def validate(self, extra_validators: ExtraValidators = None) -> bool:
        """Check the proof last, so that a form with other errors uses up no code."""
        if not super().validate(extra_validators):
            return False
        if message := reauthentication_error(current_user, self.proof.data or ""):
            self.proof.errors = [message]
        return not self.proof.errors


class ReauthenticationForm(ReauthenticationFields):
    """Prove once more who one is, in a session that has lasted for a while."""


class CodeForm(Form):
    """Enter a code from the app, or a recovery code."""

    code = StringField("Code", validators=[InputRequired("Enter the six digits that your app shows.")])


class EnableForm(CodeForm):
    """Turn on two-factor authentication. The first code proves that the app has the secret."""

    setup_token = HiddenField()
    current_password = own_password_field()

    def secret(self) -> str:
        """Return the secret in the form; a new one when there is none, or when it is another member's."""
        secret = two_factor.secret_from_token(self.setup_token.data or "", current_user)
        if secret is None:
            self.setup_token.data = two_factor.new_setup_token(current_user)
            secret = two_factor.secret_from_token(self.setup_token.data, current_user) or ""
        return secret

    def app_secret(self) -> AppSecret:
        """Return the secret in the forms that an authenticator app can take."""
        secret = self.secret()
        uri = two_factor.provisioning_uri(secret, current_user, site_name())
        groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
        return AppSecret(two_factor.qr_code(uri), uri, groups)


class VerifiedCodeForm(CodeForm):
    """Enter a code that is valid for the signed-in member."""

    def validate(self, extra_validators: ExtraValidators = None) -> bool:
        """Check the code last, so that a form with other errors does not use it up."""
        if not super().validate(extra_validators):
            return False
        if not count_attempt(current_user):
            self.code.errors = [TOO_MANY_ATTEMPTS]
        elif not two_factor.consume_code(current_user, self.code.data or ""):
            self.code.errors = [WRONG_CODE]
        return not self.code.errors


class DisableForm(VerifiedCodeForm):
    """Turn off two-factor authentication, with password and code."""

    current_password = own_password_field()


class PhraseForm(Form):
    """Make a recovery phrase, with the password."""

    current_password = own_password_field()


class UnlockForm(Form):
    """Unlock anonymous writing by what a reader of the mailbox does not have."""

    proof = StringField(
        "Recovery phrase or code",
        validators=[InputRequired("Enter your recovery phrase or a code.")],
    )

    def validate_proof(self, field: Field) -> None:
        """Accept the phrase, or an unused code. Both unlock, so the calling view commits."""
        member, typed = current_user, (field.data or "")[:MAX_PHRASE_LENGTH]
        if not count_attempt(member):
            raise ValidationError(TOO_MANY_ATTEMPTS)
        if recovery_phrase.is_phrase_of(member, typed):
            unlock_anonymous_writing(member)
        elif not two_factor.consume_code(member, typed):
            raise ValidationError("This is neither your recovery phrase nor a current code.")


class PasskeyForm(Form):
    """Add a passkey. The browser fills in what the device made."""

    name = StringField("Name", validators=[InputRequired("Give it a name, such as the device it is on.")])
    current_password = PasswordField("Your password")
    credential = HiddenField()


class RenamePasskeyForm(Form):
    """Give a passkey another name."""

    name = StringField("Name", validators=[InputRequired("Enter a name.")])


class RemovePasskeyForm(PhraseForm):
    """Remove a passkey, with the password."""
