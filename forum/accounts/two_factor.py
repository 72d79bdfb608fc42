"""Two-factor authentication: codes of an authenticator app (TOTP, RFC 6238) and recovery codes.

The secret is stored sealed, together with the time step of the last accepted code, so that each code works once.
Recovery codes have 80 random bits, are stored as hashes and deleted when used.
"""

import hmac
import secrets
from hashlib import sha256

import pyotp
import segno

from forum import anonymity
from forum.accounts.lock_actions import unlock_anonymous_writing
from forum.accounts.models import Member, Passkey
from forum.db import db, now

PURPOSE = "second factor"
SETUP_PURPOSE = "second factor being set up"
STEP = 30  # seconds
RECOVERY_CODES = 10
RECOVERY_CODE_LENGTH = 16
GROUP = 4  # characters between two hyphens
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def is_enabled(member: Member) -> bool:
    """Return whether signing in with a password asks for a second factor: a code or a passkey."""
    return has_app(member) or bool(member.passkeys)


def has_app(member: Member) -> bool:
    """Return whether the member has set up an authenticator app."""
    return bool(member.totp_seal)


def new_setup_token(member: Member) -> str:
    """Return a new secret, sealed for this member's form. It takes effect with the first correct code."""
    return anonymity.seal(SETUP_PURPOSE, f"{member.id:012d}{pyotp.random_base32()}")


def secret_from_token(setup_token: str, member: Member) -> str | None:
    """Return the secret in a setup token; None when the token is forged or another member's."""
    try:
        plain = anonymity.unseal(SETUP_PURPOSE, setup_token) or ""
    except ValueError:
        return None
    return plain[12:] if plain[:12] == f"{member.id:012d}" else None


def provisioning_uri(secret: str, member: Member, site_name: str) -> str:
    """Return the otpauth:// address that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=member.email or member.name, issuer_name=site_name)


def qr_code(uri: str) -> str:
    """Return a QR code as inline SVG, dark on light in both themes."""
    svg: str = segno.make(uri, error="m").svg_inline(scale=5, dark="#000", light="#fff", svgclass="qr")
    return svg


def enable(member: Member, secret: str, code: str) -> list[str] | None:
    """Turn on two-factor authentication and return the recovery codes, or None when the code is wrong."""
    step = _step_of(secret, code, after=0)
    if step is None:
        return None
    member.totp_seal = _seal_secret(secret, step)
    return replace_recovery_codes(member)


def remove_app(member: Member) -> None:
    """Remove the authenticator app; without a passkey that turns two-factor authentication off."""
    member.totp_seal = None
    _drop_useless_codes(member)


def remove_passkey(member: Member, passkey: Passkey) -> None:
    """Remove a passkey of the member; without another one and an app that turns two-factor authentication off."""
    member.passkeys.remove(passkey)
    _drop_useless_codes(member)


def disable(member: Member) -> None:
    """Turn off two-factor authentication: remove the app, all passkeys and the recovery codes."""
    member.totp_seal = member.recovery_codes = None
    member.passkeys.clear()
    db.session.flush()


def first_recovery_codes(member: Member) -> list[str] | None:
    """Return recovery codes for the member's first second factor; None when they have had some before."""
    return replace_recovery_codes(member) if member.recovery_codes is None else None


def _drop_useless_codes(member: Member) -> None:
    if not is_enabled(member):
        member.recovery_codes = None
    db.session.flush()


def replace_recovery_codes(member: Member) -> list[str]:
    """Return ten new recovery codes. Earlier ones stop working."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(RECOVERY_CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
    member.recovery_codes = [_hash_code(member, code) for code in codes]
    db.session.flush()
    return ["-".join(code[n : n + GROUP] for n in range(0, RECOVERY_CODE_LENGTH, GROUP)) for code in codes]


def consume_code(member: Member, typed_code: str) -> bool:
    """Return whether this is a current code or a recovery code, and use it up. Two requests at once can't share one.

    It unlocks anonymous writing: a reader of the mailbox has no code.
    """
    db.session.refresh(member, with_for_update=True)
    code = "".join(character for character in typed_code.lower() if character.isalnum())
    is_valid = _consume_app_code(member, code) or _consume_recovery_code(member, code)
    if is_valid:
        unlock_anonymous_writing(member)
    return is_valid


def _consume_app_code(member: Member, code: str) -> bool:
    unsealed = _unseal_secret(member)
    if unsealed is not None:
        secret, last_step = unsealed
        step = _step_of(secret, code, after=last_step)
        if step is not None:
            member.totp_seal = _seal_secret(secret, step)
            db.session.flush()
            return True
    return False


def session_proof(member: Member, passkey: Passkey | None = None) -> str:
    """Return what a session stores once the member has passed, by a code or by a passkey.

    A new secret makes it invalid, and so does removing the passkey.
    """
    unsealed = _unseal_secret(member)
    secret = f"with {passkey.credential_id}" if passkey else unsealed[0] if unsealed else "lost"
    return f"{member.id}.{sha256(f'passed {secret}'.encode()).hexdigest()[:20]}"


def is_session_proof(member: Member, proof: str | None) -> bool:
    """Return whether a session has stored a proof that is still valid."""
    return proof in [session_proof(member), *(session_proof(member, passkey) for passkey in member.passkeys)]


def _consume_recovery_code(member: Member, code: str) -> bool:
    hashes = member.recovery_codes or []
    code_hash = _hash_code(member, code)
    if not is_enabled(member) or code_hash not in hashes:
        return False
    member.recovery_codes = [other for other in hashes if other != code_hash]
    db.session.flush()
    return True


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """Return a code's time step: the current one or, since clocks differ, a neighbour. None for a wrong code."""
    totp = pyotp.TOTP(secret, interval=STEP)
    current = int(now().timestamp()) // STEP
    for step in (current, current - 1, current + 1):
        if step > after and hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _seal_secret(secret: str, step: int) -> str:
    return anonymity.seal(PURPOSE, f"{secret}:{step:012d}")


def _unseal_secret(member: Member) -> tuple[str, int] | None:
    """Return secret and last step. None when it is off, or the key is lost and only recovery codes remain."""
    plain = anonymity.unseal(PURPOSE, member.totp_seal) if member.totp_seal else None
    if plain is None:
        return None
    secret, _, step = plain.partition(":")
    return secret, int(step)


def _hash_code(member: Member, code: str) -> str:
    return sha256(f"recovery code of {member.id}: {code}".encode()).hexdigest()
