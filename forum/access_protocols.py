"""What the rules of access look at: protocols that tables' objects and rows of queries fit alike."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable


class User(Protocol):
    """Whoever asks. Someone who is not signed in has `is_authenticated` alone, which is false."""

    @property
    def is_authenticated(self) -> bool: ...
    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str | None: ...
    @property
    def work_domain(self) -> str | None: ...
    @property
    def role(self) -> str: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def banned_at(self) -> datetime | None: ...
    @property
    def suspended_until(self) -> datetime | None: ...
    @property
    def anonymous_locked_until(self) -> datetime | None: ...
    @property
    def represents_id(self) -> int | None: ...
    @property
    def secret(self) -> str | None: ...


@runtime_checkable
class Account(Protocol):
    """A member whom somebody else does something about."""

    @property
    def id(self) -> int: ...
    @property
    def role(self) -> str: ...
    @property
    def password_hash(self) -> str | None: ...
    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def vouched_at(self) -> datetime | None: ...
    @property
    def banned_at(self) -> datetime | None: ...


class Authored(Protocol):
    """What somebody wrote. With a `pseudonym_id` it also has a `pseudonym`, or that one's columns."""

    @property
    def author_id(self) -> int | None: ...
    @property
    def pseudonym_id(self) -> int | None: ...


class ThreadRow(Protocol):
    """A row of a thread's page, with the HMAC of its pseudonym."""

    @property
    def id(self) -> int: ...
    @property
    def author_id(self) -> int | None: ...
    @property
    def thread_hmac(self) -> str | None: ...


class Listable(Protocol):
    """What lists show unless it is hidden or deleted."""

    @property
    def hidden_at(self) -> datetime | None: ...
    @property
    def deleted_at(self) -> datetime | None: ...


class Content(Listable, Authored, Protocol):
    """A post or a comment. A comment has a `post`, and as an official reply an `official_vendor_id`."""

    @property
    def removed_at(self) -> datetime | None: ...
    @property
    def edit_deadline(self) -> datetime | None: ...
    @property
    def decision_id(self) -> int | None: ...


class Thread(Listable, Protocol):
    """A post, as the place for replies."""

    @property
    def removed_at(self) -> datetime | None: ...
    @property
    def locked_at(self) -> datetime | None: ...
    @property
    def vendor_id(self) -> int | None: ...


class Domain(Protocol):
    """A domain of a vendor, and whose it is: own, subsidiary, agency or distributor."""

    @property
    def domain(self) -> str: ...
    @property
    def relation(self) -> str: ...


class Numbered(Protocol):
    """A row with a number, or what is kept of one."""

    @property
    def id(self) -> int: ...


class Vendor(Protocol):
    """A vendor, accepted or proposed."""

    @property
    def id(self) -> int: ...
    @property
    def category_id(self) -> int: ...
    @property
    def accepted_at(self) -> datetime | None: ...
    @property
    def retired_at(self) -> datetime | None: ...
    @property
    def merged_into_id(self) -> int | None: ...
    @property
    def domains(self) -> Sequence[Domain]: ...


class Target(Protocol):
    """What is about a member, or about the `content` of a post or comment."""

    @property
    def member_id(self) -> int | None: ...
    @property
    def member(self) -> Account | None: ...
    @property
    def content(self) -> Content | None: ...


class Decision(Target, Protocol):
    """A moderator's decision."""

    @property
    def action(self) -> str: ...
    @property
    def moderator_id(self) -> int | None: ...
    @property
    def appeal_deadline(self) -> datetime: ...
    @property
    def is_appealed(self) -> bool: ...


class Case(Target, Protocol):
    """A case in the queue. An appeal or objection contests a decision."""

    @property
    def contested_decision(self) -> Decision | None: ...
    @property
    def closed_at(self) -> datetime | None: ...


class Notice(Target, Protocol):
    """A notice from outside."""

    @property
    def confirmed_at(self) -> datetime | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def closed_at(self) -> datetime | None: ...
    @property
    def objected_at(self) -> datetime | None: ...
    @property
    def due_at(self) -> datetime | None: ...
    @property
    def decision(self) -> Decision | None: ...
