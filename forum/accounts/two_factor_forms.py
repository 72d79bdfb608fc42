"""Forms around the second factor, and the fresh proof that a change of weight asks for."""

from typing import Any

from flask import current_app
from flask_login import current_user
from limits import parse
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from forum import anonymity
from forum.accounts import passwords, two_factor
from forum.accounts.forms import check_current_password
from forum.forms import Form
from forum.rate_limits import limiter

# Tries at one account's codes and proofs, right ones included.
ATTEMPTS = parse("10/15 minutes")
TOO_MANY_ATTEMPTS = "Too many attempts. Wait fifteen minutes."
WRONG_CODE = "This is not a code of now. Each works once, for half a minute; wait for the next one."


def count_attempt(member: Any) -> bool:
    """Count a try at the member's codes; False when there were too many."""
    tried: bool = limiter.limiter.hit(ATTEMPTS, "second factor", anonymity.hashed_limit_key(f"codes of {member.id}"))
    return tried


def reauthentication_error(member: Any, typed: str) -> str | None:
    """Before a change of weight: None when this is the member's password or a code that was not used; else words.

    A view that calls it commits, since a code is used up by it.
    """
    if not count_attempt(member):
        return TOO_MANY_ATTEMPTS
    if passwords.is_correct(member.password_hash, typed) or two_factor.consume_code(member, typed):
        return None
    return "This is neither your password nor a code of now."


class ReauthenticationFields(Form):
    """Mixed into a form whose sending needs a fresh proof that it is really them."""

    proof = PasswordField(
        "Your password, or a code of your app", validators=[InputRequired("Write your password or a code.")]
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """The proof last, so that no code is used up by a form that has other faults."""
        if not super().validate(extra_validators):
            return False
        if words := reauthentication_error(current_user, self.proof.data or ""):
            self.proof.errors = [words]
        return not self.proof.errors


class CodeForm(Form):
    """A code of the app, or a recovery code."""

    code = StringField("Code", validators=[InputRequired("Write the six digits that your app shows.")])


class EnableForm(CodeForm):
    """The first code shows that the app has the secret; the password, that nobody else turns it on."""

    setup_token = HiddenField()
    current_password = PasswordField(
        "Your password", validators=[InputRequired("Write your password."), check_current_password]
    )

    def secret(self) -> str:
        """The secret in the form: a new one when there is none, or somebody else's."""
        secret = two_factor.secret_from_token(self.setup_token.data or "", current_user)
        if secret is None:
            self.setup_token.data = two_factor.new_setup_token(current_user)
            secret = two_factor.secret_from_token(self.setup_token.data, current_user) or ""
        return secret

    def picture(self) -> dict[str, str]:
        """What the app reads: the picture, the address behind it, the secret in groups of four."""
        secret = self.secret()
        address = two_factor.provisioning_uri(secret, current_user, current_app.config["SITE_NAME"])
        groups = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
        return {"qr": two_factor.qr_code(address), "address": address, "secret": groups}


class VerifiedCodeForm(CodeForm):
    """A code that must be right, of the one who is signed in."""

    def validate(self, extra_validators: Any = None) -> bool:
        """The code last, so that it is not used up in vain."""
        if not super().validate(extra_validators):
            return False
        if not count_attempt(current_user):
            self.code.errors = [TOO_MANY_ATTEMPTS]
        elif not two_factor.consume_code(current_user, self.code.data or ""):
            self.code.errors = [WRONG_CODE]
        return not self.code.errors


class DisableForm(VerifiedCodeForm):
    """Password and code, and then none is asked for any more."""

    current_password = PasswordField(
        "Your password", validators=[InputRequired("Write your password."), check_current_password]
    )
