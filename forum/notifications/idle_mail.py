"""Mail stops for members who have not signed in for half a year.

Nobody stores when a member was here last: that would show when an anonymous author was. The daily run, which seals all
members' states anew, looks whose sessions began since the run before, and seals the month of it with the state. A
session lasts at most 60 days, so whoever comes here signs in at least that often.
"""

from datetime import timedelta
from typing import NamedTuple

from forum.accounts.models import Member
from forum.accounts.session_actions import has_signed_in
from forum.accounts.session_queries import all_owner_hmacs
from forum.db import now
from forum.job_runs import days_of_run
from forum.notifications.member_state import SealedState, Target

# Marks of a sealed state: the period in which the member signed in last, and that mail has stopped.
SIGNED_IN: Target = ("signed_in", 0)
STOPPED: Target = ("mail_stopped", 0)
DAYS_OF_PERIOD = 30
# At least 181 days, whatever the day of the period.
IDLE_PERIODS = 7


class SignIns(NamedTuple):
    """The sessions there are, and the days since the last run."""

    owner_hmacs: frozenset[str]
    first_day: int
    today: int


class IdleState(NamedTuple):
    """The period in which a member signed in last, and whether that is too long ago for mail."""

    period: int
    is_over: bool


def recent_sign_ins() -> SignIns:
    """Return what shows who has signed in since the daily run before; days as ordinals."""
    first_day = min(days_of_run()) - timedelta(days=1)
    return SignIns(frozenset(all_owner_hmacs()), first_day.toordinal(), now().date().toordinal())


def idle_state(member: Member, state: SealedState, sign_ins: SignIns) -> IdleState:
    """Return whether mail to a member stops. One of whom nothing is stored yet counts as signed in today."""
    present = sign_ins.today // DAYS_OF_PERIOD
    last = state.marks.get(SIGNED_IN, present)
    if last < present and has_signed_in(member, sign_ins.first_day, sign_ins.today, sign_ins.owner_hmacs):
        last = present
    return IdleState(last, present - last >= IDLE_PERIODS)


def is_mail_stopped(state: SealedState) -> bool:
    """Return whether the last mail has told the member that no more comes."""
    return STOPPED in state.marks


def with_idle_state(state: SealedState, idle: IdleState) -> SealedState:
    """Return the state with what the daily run found out."""
    marks = {target: mark for target, mark in state.marks.items() if target != STOPPED}
    stopped = {STOPPED: 1} if idle.is_over else {}
    return state._replace(marks=marks | {SIGNED_IN: idle.period} | stopped)
