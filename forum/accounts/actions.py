"""What can happen to a member. Actions change and flush; the view that called them commits."""

from datetime import timedelta

from forum import mail, text
from forum.accounts.models import Member
from forum.accounts.passwords import hash_password
from forum.accounts.queries import member_by_email, slugs_with_prefix, unconfirmed_before
from forum.accounts.signals import email_changed
from forum.accounts.tokens import token_for
from forum.db import db, lock, now
from forum.links import external_url


def join(*, name: str, email: str, password: str) -> None:
    """Begin an account and mail the link that confirms it.

    Whoever asks learns nothing: a known address gets a mail too, and the answer on the page is the same.
    """
    email = email.strip().lower()
    hashed = hash_password(password)
    lock("joining")  # two forms at once with one address or one name
    member = member_by_email(email)
    if member is None:
        member = Member(email=email, name=text.single_line(name), slug=unique_slug(name))
        db.session.add(member)
    elif member.password_hash is None:
        send_claim_link(member)
        return
    elif member.confirmed_at is not None:
        mail.enqueue(
            email,
            "account_exists",
            subject="You have an account already",
            name=member.name,
            link=_url("accounts.forgot_password"),
        )
        return
    # Joined again before confirming: the later name and password stand, earlier links die.
    member.name, member.password_hash = text.single_line(name), hashed
    db.session.flush()
    send_confirmation(member)


def create_member(*, name: str, email: str | None, password: str | None = None, role: str = "member") -> Member:
    """A member who needs no confirming: the operator's admin, the demo's cast, an imported author (no password)."""
    confirmed = now() if password else None
    member = Member(
        name=text.single_line(name)[:60],
        slug=unique_slug(name),
        email=email.strip().lower() if email else None,
        password_hash=hash_password(password) if password else None,
        role=role,
        confirmed_at=confirmed,
        vouched_at=now(),
    )
    db.session.add(member)
    db.session.flush()
    return member


def send_confirmation(member: Member) -> None:
    """Mail the link that confirms the address."""
    link = _url("accounts.confirm", token=token_for(member, "confirm"))
    _mail(member, "confirm", "Confirm your address", link=link)


def send_claim_link(member: Member) -> None:
    """Mail the link by which the author of imported writing takes over their account."""
    _mail(
        member, "claim", "Your earlier writing is here", link=_url("accounts.claim", token=token_for(member, "claim"))
    )


def confirm_email(member: Member) -> None:
    """The address is theirs."""
    member.confirmed_at = now()
    db.session.flush()


def send_password_reset(email: str) -> None:
    """Mail a link for a new password to a known address; to an unknown one, nothing, and nobody is told which."""
    member = member_by_email(email)
    if member is None:
        return
    if member.password_hash is None:
        send_claim_link(member)
        return
    link = _url("accounts.new_password", token=token_for(member, "password"))
    _mail(member, "password", "A new password", link=link)


def set_password(member: Member, password: str, *, notify: bool = True) -> None:
    """Give the member a new password. Every session ends; reading the mailed link has confirmed the address."""
    member.password_hash = hash_password(password)
    member.session_epoch += 1
    member.confirmed_at = member.confirmed_at or now()
    db.session.flush()
    if notify:
        _mail(member, "password_changed", "Your password was changed", link=_url("accounts.forgot_password"))


def request_email_change(member: Member, email: str) -> None:
    """Mail a link to the new address; a note to the old one follows when it is used."""
    email = email.strip().lower()
    if member_by_email(email) is not None:
        mail.enqueue(
            email,
            "account_exists",
            subject="You have an account already",
            name=member.name,
            link=_url("accounts.forgot_password"),
        )
        return
    link = _url("accounts.new_email", token=token_for(member, "email", email))
    mail.enqueue(email, "email", subject="Confirm your new address", name=member.name, link=link)


def change_email(member: Member, email: str) -> bool:
    """Move the account to the new address and tell the old one. False when it was taken meanwhile."""
    if member_by_email(email) is not None:
        return False
    old, member.email = member.email, email
    db.session.flush()
    email_changed.send(member)
    if old:
        mail.enqueue(
            old, "email_changed", subject="Your address was changed", name=member.name, link=_url("pages.about")
        )
    return True


def update_profile(
    member: Member,
    *,
    name: str,
    job_title: str,
    company: str,
    country: str,
    time_zone: str,
    business_type: str = "",
    region: str = "",
) -> None:
    """Change what the member's page says, and the kinds for badges, which it does not. The page keeps its address."""
    member.name = text.single_line(name)
    member.job_title, member.company = text.single_line(job_title), text.single_line(company)
    member.country, member.time_zone = text.single_line(country), time_zone
    member.business_type, member.region = business_type, region
    db.session.flush()


def delete_unconfirmed() -> None:
    """Forget those who joined a week ago or longer and never confirmed: they have written nothing."""
    for member in db.session.scalars(unconfirmed_before(now() - timedelta(days=7))).all():
        db.session.delete(member)
    db.session.flush()


def unique_slug(name: str) -> str:
    """An address for the name's page that nobody has: marta-aalto, marta-aalto-2 ..."""
    wanted = text.slug_of(name, "member")
    taken = slugs_with_prefix(wanted)
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _mail(member: Member, template: str, subject: str, *, link: str) -> None:
    if member.email:
        mail.enqueue(member.email, template, subject=subject, name=member.name, link=link)


def _url(endpoint: str, **values: str) -> str:
    return external_url(endpoint, **values)
