"""Limits on failed sign-ins and on mail that strangers cause: no mailbox is flooded, and no owner is locked out.

Failures count for the network that they come from and for the account. A browser in which the owner has signed in
before has a count of its own, so that wrong passwords from elsewhere don't concern it (OWASP calls its cookie a device
cookie). The cookie names no account to anyone without the key.
"""

import secrets

from flask import Response, after_this_request, current_app, has_request_context, request
from limits import RateLimitItem, parse

from forum import anonymity
from forum.accounts.models import Member
from forum.accounts.organisations import mailbox
from forum.clients import client_network
from forum.domains import normalized_address
from forum.rate_limits import limiter
from forum.signed_tokens import read_token, sign_token

# Failed sign-ins: from one network, at one account from anywhere else, and from a browser that its owner knows.
PER_NETWORK = parse("20/15 minutes")
PER_ACCOUNT = parse("10/15 minutes")
PER_DEVICE = parse("10/15 minutes")
# Mails to one mailbox that somebody who is not signed in, or not yet known to read it, can cause.
PER_MAILBOX = (parse("5/hour"), parse("20/day"))
DEVICE_COOKIE = "known_device"
DEVICE_SALT = "known device"
DEVICE_LASTS = 365 * 24 * 3600  # seconds

Counter = tuple[RateLimitItem, tuple[str, str]]


def is_throttled(email: str, member: Member | None) -> bool:
    """Return whether there were too many failed sign-ins lately."""
    return not all(limiter.limiter.test(limit, *key) for limit, key in _counters(email, member))


def count_failure(email: str, member: Member | None) -> None:
    """Count a failed sign-in."""
    for limit, key in _counters(email, member):
        limiter.limiter.hit(limit, *key)


def remember_device(member: Member) -> None:
    """Let the browser of this request sign in to the account whatever others try. Its owner has just signed in."""
    if _device_of(member) is not None:
        return
    nonce = secrets.token_urlsafe(12)
    token = sign_token(DEVICE_SALT, [nonce, _device_mark(nonce, member)])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
        response.set_cookie(DEVICE_COOKIE, token, DEVICE_LASTS, secure=secure, httponly=True, samesite="Lax")
        return response


def may_mail(address: str, member: Member | None = None) -> bool:
    """Count a mail that is about to go to an address, and return whether it may: at most some an hour and a day.

    What the member's own browser asks for counts apart, so that nobody else uses up their limit.
    """
    nonce = _device_of(member) if member is not None and has_request_context() else None
    key = anonymity.hashed_limit_key(f"mail to {mailbox(address)} for {nonce or 'anyone'}")
    return all(limiter.limiter.hit(limit, "mail to", key) for limit in PER_MAILBOX)


def is_within_mailbox_limit(limit: RateLimitItem, purpose: str, address: str) -> bool:
    """Count a mail for a purpose to the mailbox behind an address, and return whether it may go."""
    return limiter.limiter.hit(limit, purpose, anonymity.hashed_limit_key(f"{purpose} {mailbox(address)}"))


def _counters(email: str, member: Member | None) -> list[Counter]:
    """Return the limits on failed sign-ins that apply to this browser, each with its key. The keys are hashed."""
    if member is not None and (nonce := _device_of(member)) is not None:
        return [(PER_DEVICE, ("sign-in by", anonymity.hashed_limit_key(f"device {nonce}")))]
    account = anonymity.hashed_limit_key(f"account {normalized_address(email)}")
    network = anonymity.hashed_limit_key(f"sign-in {client_network()}")
    return [(PER_NETWORK, ("sign-in from", network)), (PER_ACCOUNT, ("sign-in at", account))]


def _device_of(member: Member) -> str | None:
    """Return the random number of this browser if the member has signed in with it."""
    value = read_token(DEVICE_SALT, request.cookies.get(DEVICE_COOKIE, ""), DEVICE_LASTS)
    if value is None or not secrets.compare_digest(value[1], _device_mark(value[0], member)):
        return None
    nonce: str = value[0]
    return nonce


def _device_mark(nonce: str, member: Member) -> str:
    return anonymity.hashed_limit_key(f"device {nonce} of {member.id}")
