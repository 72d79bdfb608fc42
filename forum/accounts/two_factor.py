"""The second factor: codes of an authenticator app (TOTP, RFC 6238), recovery codes, and who has passed it.

The secret is kept sealed together with the last time step that was used, so that a code works once. Recovery codes are
80 random bits each and kept as hashes; one that was used is gone.
"""

import hmac
import secrets
from hashlib import sha256
from typing import Any

import pyotp
import segno

from forum import anonymity
from forum.accounts.models import Member
from forum.db import db, now

PURPOSE = "second factor"
SETUP_PURPOSE = "second factor being set up"
STEP = 30  # seconds
RECOVERY_CODES = 10
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def is_enabled(member: Any) -> bool:
    """Whether signing in asks for a code."""
    return bool(member.totp_seal)


def new_setup_token(member: Any) -> str:
    """A new secret, sealed for the form: it belongs to this member, and counts from the first right code on."""
    return anonymity.seal(SETUP_PURPOSE, f"{member.id:012d}{pyotp.random_base32()}")


def secret_from_token(setup_token: str, member: Any) -> str | None:
    """The secret in the form, if the form is this member's."""
    try:
        plain = anonymity.unseal(SETUP_PURPOSE, setup_token) or ""
    except ValueError:
        return None
    return plain[12:] if plain[:12] == f"{member.id:012d}" else None


def provisioning_uri(secret: str, member: Any, site_name: str) -> str:
    """What an authenticator app reads, from the picture or by a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=member.email or member.name, issuer_name=site_name)


def qr_code(address: str) -> str:
    """The address as a QR code: SVG without any style, dark on light in either theme."""
    drawn: str = segno.make(address, error="m").svg_inline(scale=5, dark="#000", light="#fff", svgclass="qr")
    return drawn


def enable(member: Member, secret: str, code: str) -> list[str] | None:
    """From now on signing in asks for a code. The recovery codes, which are shown this once; None for a wrong code."""
    step = _step_of(secret, code, after=0)
    if step is None:
        return None
    member.totp_seal = _sealed(secret, step)
    return replace_recovery_codes(member)


def disable(member: Member) -> None:
    """Signing in asks for no code any more."""
    member.totp_seal = member.recovery_codes = None
    db.session.flush()


def replace_recovery_codes(member: Member) -> list[str]:
    """Ten new codes for the day on which the app is lost; the earlier ones end."""
    made = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    member.recovery_codes = [_hash_of(member, code) for code in made]
    db.session.flush()
    return ["-".join(code[n : n + 4] for n in range(0, 16, 4)) for code in made]


def consume_code(member: Member, typed: str) -> bool:
    """Whether this is a code of now, or a recovery code. Either works once, also for two who send it at once."""
    db.session.refresh(member, with_for_update=True)
    known = _opened(member)
    code = "".join(character for character in typed.lower() if character.isalnum())
    if known is not None and (step := _step_of(known[0], code, after=known[1])) is not None:
        member.totp_seal = _sealed(known[0], step)
        db.session.flush()
        return True
    left = member.recovery_codes or []
    hashed = _hash_of(member, code)
    if not is_enabled(member) or hashed not in left:
        return False
    member.recovery_codes = [other for other in left if other != hashed]
    db.session.flush()
    return True


def session_proof(member: Any) -> str:
    """What a session remembers of a member who passed: another secret needs passing anew."""
    known = _opened(member)
    secret = known[0] if known else "lost"
    return f"{member.id}.{sha256(f'passed {secret}'.encode()).hexdigest()[:20]}"


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step whose code this is: the present one or a neighbour, for clocks that differ."""
    codes = pyotp.TOTP(secret, interval=STEP)
    present = int(now().timestamp()) // STEP
    for step in (present, present - 1, present + 1):
        if step > after and hmac.compare_digest(codes.generate_otp(step).encode(), code.encode()):
            return step
    return None


def _sealed(secret: str, step: int) -> str:
    return anonymity.seal(PURPOSE, f"{secret}:{step:012d}")


def _opened(member: Any) -> tuple[str, int] | None:
    """Secret and last step; None when it is off, or the key is lost and only recovery codes are left."""
    plain = anonymity.unseal(PURPOSE, member.totp_seal) if member.totp_seal else None
    if plain is None:
        return None
    secret, _, step = plain.partition(":")
    return secret, int(step)


def _hash_of(member: Any, code: str) -> str:
    return sha256(f"recovery code of {member.id}: {code}".encode()).hexdigest()
