"""Passkeys (WebAuthn): register them, and check what a device signed.

The device must have verified its user, by a fingerprint, a face or a PIN. So a passkey is two factors at once, and is
never sent to anybody: a reader of the mailbox has none.
"""

import json
from hashlib import sha256
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from flask import current_app
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from forum import text
from forum.accounts.lock_actions import unlock_anonymous_writing
from forum.accounts.models import Member, Passkey
from forum.accounts.queries import passkey_by_credential_id
from forum.db import db
from forum.site import site_name

MAX_PASSKEYS = 20
# A credential is about one kilobyte; attestations of some devices are longer.
MAX_CREDENTIAL_LENGTH = 20_000


class Ceremony(NamedTuple):
    """What a browser needs to ask a device, as JSON, and the challenge that its answer must contain."""

    options: str
    challenge: str


def registration_ceremony(member: Member) -> Ceremony:
    """Return what a browser needs to make a passkey of the member."""
    options = generate_registration_options(
        rp_id=_domain(),
        rp_name=site_name(),
        user_id=_user_handle(member),
        user_name=member.email or member.name,
        user_display_name=member.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_descriptors(member),
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def sign_in_ceremony(member: Member | None) -> Ceremony:
    """Return what a browser needs to ask for a passkey: of this member, or of whoever has one for this site."""
    options = generate_authentication_options(
        rp_id=_domain(),
        allow_credentials=_descriptors(member) if member is not None else None,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def add_passkey(member: Member, credential: str, challenge: str, name: str) -> Passkey | None:
    """Store the passkey that a device made, or return None when its answer does not fit."""
    try:
        verified = verify_registration_response(
            credential=_parsed(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_domain(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    credential_id = bytes_to_base64url(verified.credential_id)
    if len(member.passkeys) >= MAX_PASSKEYS or passkey_by_credential_id(credential_id) is not None:
        return None
    passkey = Passkey(
        name=text.single_line(name)[:60] or "Passkey",
        credential_id=credential_id,
        public_key=bytes_to_base64url(verified.credential_public_key),
        sign_count=verified.sign_count,
    )
    member.passkeys.append(passkey)
    db.session.flush()
    return passkey


def passkey_that_signed(credential: str, challenge: str) -> Passkey | None:
    """Return the passkey that signed the challenge, or None. It unlocks its owner's anonymous writing.

    A counter that does not grow shows a copy of the key, and is refused.
    """
    parsed = _parsed(credential)
    credential_id = parsed.get("id")
    passkey = passkey_by_credential_id(credential_id) if isinstance(credential_id, str) else None
    if passkey is None:
        return None
    db.session.refresh(passkey, with_for_update=True)  # of two answers at once, the second finds the first's counter
    try:
        verified = verify_authentication_response(
            credential=parsed,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=_domain(),
            expected_origin=_origin(),
            credential_public_key=base64url_to_bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    passkey.sign_count = verified.new_sign_count
    unlock_anonymous_writing(db.session.get_one(Member, passkey.member_id))
    return passkey


def rename_passkey(passkey: Passkey, name: str) -> None:
    """Give the passkey another name."""
    passkey.name = text.single_line(name)[:60] or passkey.name
    db.session.flush()


def _parsed(credential: str) -> dict[str, object]:
    """Return the browser's answer, or an empty one when it is no JSON object."""
    try:
        value = json.loads(credential[:MAX_CREDENTIAL_LENGTH])
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _descriptors(member: Member) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id)) for row in member.passkeys]


def _user_handle(member: Member) -> bytes:
    """Return what a device stores to tell accounts of this site apart. It reveals no number and no address."""
    return sha256(f"passkeys of {member.id} {current_app.config['SECRET_KEY']}".encode()).digest()


def _domain() -> str:
    """Return the site's domain, which passkeys are tied to. A number is none: on a laptop they work at localhost."""
    host = urlsplit(current_app.config["SITE_URL"]).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return host
    return "localhost"


def _origin() -> str:
    parts = urlsplit(current_app.config["SITE_URL"])
    return f"{parts.scheme}://{_domain()}" + (f":{parts.port}" if parts.port else "")
