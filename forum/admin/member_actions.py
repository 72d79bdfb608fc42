"""What staff does to accounts, each with its row in the log."""

from collections.abc import Callable
from typing import NamedTuple

from forum.accounts import staff_actions
from forum.accounts.actions import send_confirmation
from forum.accounts.models import Member
from forum.moderation.log.actions import log_change


class MemberAction(NamedTuple):
    """Something staff does to an account: whether there is anything to do, doing it, and how it is told."""

    applies: Callable[[Member], bool]
    run: Callable[[Member], None]
    facts: str
    reason: str
    message: str


MEMBER_ACTIONS = {
    "vouch": MemberAction(
        lambda member: not member.vouched_at,
        staff_actions.vouch,
        "limits for new members → none",
        "Staff vouches for them.",
        "The limits for new members do not apply any more.",
    ),
    "end_sessions": MemberAction(
        lambda member: True,
        staff_actions.end_sessions,
        "all sessions ended",
        "Every browser was signed out.",
        "Every browser signed in as them is signed out.",
    ),
    "clear_bounce": MemberAction(
        lambda member: member.bounced_at is not None,
        staff_actions.clear_bounce,
        "mail came back → mail is sent",
        "The address is tried again.",
        "Mail goes to their address again.",
    ),
    "confirm": MemberAction(
        lambda member: member.confirmed_at is None and member.password_hash is not None and member.email is not None,
        send_confirmation,
        "the link that confirms the address was sent again",
        "The link was asked for.",
        "The link is on its way.",
    ),
}


def run_member_action(staff: Member, member: Member, name: str) -> str | None:
    """Do one of DEEDS and log it; what was done, in words, or None when there was nothing to do."""
    deed = MEMBER_ACTIONS[name]
    if not deed.applies(member):
        return None
    deed.run(member)
    log_change(staff, "member", facts=deed.facts, reason=deed.reason, member=member)
    return deed.message


def change_role(staff: Member, member: Member, role: str, *, reason: str) -> None:
    """Give another role. Raises LastAdmin."""
    before = staff_actions.set_role(member, role)
    log_change(staff, "member", facts=f"role: {before} → {role}", reason=reason, member=member)


def reset_two_factor(member: Member) -> bool:
    """The operator turns off a second factor that was lost, at the machine."""
    done = staff_actions.reset_two_factor(member)
    if done:
        log_change(None, "member", facts="second factor → none", reason="It was lost.", member=member)
    return done
