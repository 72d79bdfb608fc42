"""Actions on an account. They change and flush; the view that calls them commits."""

from collections.abc import Callable
from datetime import timedelta

from forum import mail, text
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.accounts.models import InviteLink, Member
from forum.accounts.organisations import mailbox_domain
from forum.accounts.passwords import hash_password
from forum.accounts.queries import member_by_email, member_by_mailbox, slugs_with_prefix, unconfirmed_before
from forum.accounts.registration_actions import admit
from forum.accounts.sign_in_limits import may_mail
from forum.accounts.signals import email_changed
from forum.accounts.tokens import seal_path, token_for
from forum.dates import format_day
from forum.db import db, lock, now
from forum.domains import normalized_address
from forum.links import external_url
from forum.mail import Mail
from forum.turns import end_turn, reading_apart

KEEP_UNCONFIRMED = timedelta(days=7)
MAX_NAME_LENGTH = 60


def join(
    *, name: str, email: str, password: str, path: str | None = None, invite_link: InviteLink | None = None
) -> None:
    """Create an account and mail the link that confirms its address, and leads to the path.

    The caller shows the same page whether or not the address has an account: only its owner learns that, by mail.
    """
    email = normalized_address(email)
    password_hash = hash_password(password)
    lock("joining")  # two requests at once with the same address or name
    member = member_by_mailbox(email)
    if member is None:
        member = Member(email=email, name=text.single_line(name), slug=unique_slug(name))
        db.session.add(member)
    elif member.password_hash is None:
        send_claim_link(member)
        return
    elif member.confirmed_at is not None or member.applied_at is not None:
        _mail_account_exists(email)
        return
    # Joining again before confirming: the latest name and password count, and earlier links stop working.
    member.name, member.email, member.password_hash = text.single_line(name), email, password_hash
    member.invite_link_id = invite_link.id if invite_link is not None else None
    db.session.flush()
    send_confirmation(member, path)


def create_member(*, name: str, email: str | None, password: str | None = None, role: str = "member") -> Member:
    """Create a member who needs no confirmation: the operator's admin, the demo's cast, an imported author."""
    member = Member(
        name=text.single_line(name)[:MAX_NAME_LENGTH],
        slug=unique_slug(name),
        email=normalized_address(email) if email else None,
        password_hash=hash_password(password) if password else None,
        role=role,
        confirmed_at=now() if password else None,
        vouched_at=now(),
    )
    db.session.add(member)
    db.session.flush()
    return member


def send_confirmation(member: Member, path: str | None = None) -> None:
    """Mail the link that confirms the address, and leads to the path."""
    link = external_url("accounts.confirm", token=token_for(member, "confirm", seal_path(path)))
    if member.email and may_mail(member.email, member):
        mail.enqueue(member.email, "confirm", subject="Confirm your e-mail address", link=link)


def send_claim_link(member: Member) -> None:
    """Mail the link by which the author of imported posts takes over their account."""
    if member.email and may_mail(member.email, member):
        _claim_mail(member)


def send_take_over_link(member: Member) -> None:
    """Mail a member that imported posts have their address, and where to take them over."""
    link = external_url("imported_writing.show")
    _mail_member(member, "take_over", "Are these earlier posts yours?", link=link)


def confirm_email(member: Member) -> bool:
    """Mark the member's address as confirmed. Return whether the account can be used, or waits for approval."""
    member.bounced_at = None
    return admit(member)


def send_password_reset(email: str, path: str | None = None) -> None:
    """Mail a link for choosing a new password, leading to the path; to an unclaimed account, the link that claims it.

    For an address without an account the same is done, except that the mail is taken back: so the time that the answer
    takes does not tell who has an account.
    """
    member = member_by_email(email)
    recipient = member or Member(id=0, name=email, email=normalized_address(email), password_hash="", session_epoch=0)
    if not may_mail(email, member):
        return
    if recipient.password_hash is None:
        letter = _claim_mail(recipient)
    else:
        link = external_url("accounts.new_password", token=token_for(recipient, "password", seal_path(path)))
        letter = _mail_member(recipient, "password", "Choose a new password", link=link)
    mail.take_back(letter if member is None else None)


def change_password(member: Member, password: str) -> None:
    """Set a new password for a member who knows the old one, end every session, and notify them."""
    _set_password(member, password)
    link = external_url("accounts.forgot_password")
    _mail_member(member, "password_changed", "Your password was changed", link=link)


def reset_password(member: Member, password: str) -> None:
    """Set a new password by a mailed link, and lock what a reader of the mailbox must not see.

    The link has confirmed the address. Before that nothing can have been written, and nothing is locked.
    """
    locked_until = lock_anonymous_writing(member) if member.confirmed_at else None
    _set_password(member, password)
    last_day = format_day(locked_until, year=True) if locked_until else None
    link = external_url("accounts.forgot_password")
    _mail_member(member, "password_reset", "Your password was reset by mail", link=link, last_day=last_day)


def claim_account(member: Member, password: str) -> None:
    """Set the first password of an account that an import made, by a mailed link. It needs no approval."""
    member.confirmed_at = member.confirmed_at or now()
    _set_password(member, password)


def _set_password(member: Member, password: str) -> None:
    member.password_hash = hash_password(password)
    member.session_epoch += 1
    admit(member)
    db.session.flush()


def request_email_change(member: Member, email: str) -> None:
    """Mail a confirmation link to the new address."""
    email = normalized_address(email)
    if (owner := member_by_mailbox(email)) is not None and (owner.id != member.id or email == member.email):
        _mail_account_exists(email)
        return
    link = external_url("accounts.new_email", token=token_for(member, "email", email))
    if may_mail(email, member):
        mail.enqueue(email, "email", subject="Confirm your new e-mail address", link=link)


def change_email(member: Member, email: str) -> bool:
    """Move the account to the new address and notify the previous one. False when somebody else has taken it by now."""
    owner = member_by_mailbox(email)
    if owner is not None and owner.id != member.id:
        return False
    previous, member.email, member.bounced_at = member.email, email, None
    if mailbox_domain(member):  # an address at a company says where they work now
        member.work_domain = member.work_domain_proved_at = None
    db.session.flush()
    email_changed.send(member)
    if previous:
        subject, link = "Your e-mail address was changed", external_url("pages.about")
        mail.enqueue(previous, "email_changed", subject=subject, name=member.name, link=link)
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
    """Change the member's profile. The slug, and with it the address of their page, stays.

    `business_type` and `region` appear in the badges of anonymous posts only, never on the member's page.
    """
    member.name = text.single_line(name)
    member.job_title, member.company = text.single_line(job_title), text.single_line(company)
    member.country, member.time_zone = text.single_line(country), time_zone
    member.business_type, member.region = business_type, region
    db.session.flush()


def delete_unconfirmed(commit: Callable[[], object]) -> None:
    """Delete accounts that were not confirmed within a week, and commit after each. They have written nothing."""
    unconfirmed = unconfirmed_before(now() - KEEP_UNCONFIRMED)
    with reading_apart(commit):
        member_ids = db.session.scalars(unconfirmed.with_only_columns(Member.id)).all()
    for member_id in member_ids:
        member = db.session.scalar(unconfirmed.where(Member.id == member_id))
        if member is not None:
            db.session.delete(member)
        end_turn(commit)


def unique_slug(name: str) -> str:
    """Return an unused slug for a name: marta-aalto, marta-aalto-2 ..."""
    base = text.slug_of(name, "member")
    existing = slugs_with_prefix(base)
    number, slug = 1, base
    while slug in existing:
        number += 1
        slug = f"{base}-{number}"
    return slug


# Mails to an address whose reader is not known to be the member hold nothing that somebody typed.
def _mail_account_exists(email: str) -> None:
    link = external_url("accounts.forgot_password")
    if may_mail(email):
        mail.enqueue(email, "account_exists", subject="You already have an account", link=link)


def _claim_mail(member: Member) -> Mail | None:
    link = external_url("accounts.claim", token=token_for(member, "claim"))
    return _mail_member(member, "claim", "Your earlier posts have moved here", link=link)


def _mail_member(member: Member, template: str, subject: str, *, link: str, last_day: str | None = None) -> Mail | None:
    if member.email is None:
        return None
    return mail.enqueue(member.email, template, subject=subject, name=member.name, link=link, last_day=last_day)
