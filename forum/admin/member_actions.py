"""Staff actions on accounts, each with its entry in the log."""

from collections.abc import Callable
from typing import NamedTuple

from forum.accounts import staff_actions
from forum.accounts.actions import send_confirmation
from forum.accounts.models import Member
from forum.moderation.log.actions import OPERATOR_NAME, log_change


class MemberAction(NamedTuple):
    """A staff action on an account: when it applies, what it runs, its log entry and the message afterwards."""

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
        "The limits for new members no longer apply.",
    ),
    "end_sessions": MemberAction(
        lambda member: True,
        staff_actions.end_sessions,
        "all sessions ended",
        "Every browser was signed out.",
        "They are signed out of every browser.",
    ),
    "clear_bounce": MemberAction(
        lambda member: member.bounced_at is not None,
        staff_actions.clear_bounce,
        "mail bounced → mail is sent",
        "The address is tried again.",
        "Mail is sent to their address again.",
    ),
    "confirm": MemberAction(
        lambda member: member.confirmed_at is None and member.password_hash is not None and member.email is not None,
        send_confirmation,
        "the confirmation link was sent again",
        "Someone asked for the link.",
        "Confirmation link sent.",
    ),
}


def run_member_action(staff: Member, member: Member, name: str) -> str | None:
    """Run one of MEMBER_ACTIONS and log it. Return its message, or None when it does not apply."""
    action = MEMBER_ACTIONS[name]
    if not action.applies(member):
        return None
    action.run(member)
    if member.role != "member":
        staff_actions.mail_admins(member, action.facts, action.reason, staff.name)
    log_change(staff, "member", facts=action.facts, reason=action.reason, member=member)
    return action.message


def change_role(staff: Member, member: Member, role: str, *, reason: str) -> None:
    """Change the member's role. Raise LastAdmin."""
    old_role = staff_actions.set_role(member, role)
    facts = f"role: {old_role} → {role}"
    staff_actions.mail_admins(member, facts, reason, staff.name)
    decision = log_change(staff, "member", facts=facts, reason=reason, member=member)
    if role != old_role:
        staff_actions.mail_role_change(member, old_role, reason=reason, actor=staff.name, entry_number=decision.id)


def reset_two_factor(member: Member) -> bool:
    """Turn off a lost second factor, from the command line. Return whether there was one."""
    was_enabled = staff_actions.reset_two_factor(member)
    if was_enabled:
        facts, reason = "two-factor authentication → off", "It was lost."
        if member.role != "member":
            staff_actions.mail_admins(member, facts, reason, OPERATOR_NAME)
        log_change(None, "member", facts=facts, reason=reason, member=member)
    return was_enabled
