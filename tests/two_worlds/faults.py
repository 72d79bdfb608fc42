"""Planted faults: each removes one protection, as a careless change might, and names where the worlds must differ."""

import base64
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from flask_login import current_user
from sqlalchemy import event, insert, update

from forum import anonymity, mail
from forum.accounts import bylines
from forum.accounts.models import Member
from forum.accounts.pseudonyms import member_behind
from forum.db import db, now, start_of_day
from forum.moderation.decisions import effects
from forum.posts.chain_queries import TEXT_CHAIN
from forum.posts.models import Comment, Post, UsefulVote
from forum.posts.signals import comment_published
from forum.rate_limits import limiter, writing_limiter
from forum.ratings import queries as rating_queries
from forum.ratings.models import Rating

Patch = pytest.MonkeyPatch


class Fault(NamedTuple):
    """Name of the fault, function that plants it, and the place in which the worlds differ."""

    name: str
    plant: Callable[[Patch], object]
    shows: str


class _EventListener:
    """An attribute that registers an event listener while it is set, so that undoing a patch removes the listener."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, holder: Any, owner: type) -> Any:
        return holder.__dict__.get(self.name)

    def __set__(self, holder: Any, listener_args: Any) -> None:
        previous = holder.__dict__.get(self.name)
        if previous is not None:
            event.remove(*previous)
        if listener_args is not None:
            event.listen(*listener_args)
        holder.__dict__[self.name] = listener_args


class _Hook:
    listener_args = _EventListener()


def _on_anonymous_rows(patch: Patch, kind: Any, moment: str, change: Callable[[Any, Any], object]) -> None:
    """Call a function with the connection and the row whenever an anonymous row of a kind is written."""

    def listener(mapper: Any, connection: Any, row: Any) -> None:
        if row.chain_link is not None:
            change(connection, row)

    patch.setattr(_Hook(), "listener_args", (kind, moment, listener))


def a_filled_author_id(patch: Patch) -> None:
    _on_anonymous_rows(
        patch, Rating, "before_insert", lambda connection, row: setattr(row, "author_id", current_user.id)
    )


def an_author_in_the_badge(patch: Patch) -> None:
    _on_anonymous_rows(
        patch, Comment, "before_insert", lambda connection, row: setattr(row, "badge", current_user.name)
    )


def a_counter_of_the_member(patch: Patch) -> None:
    def count(connection: Any, row: Any) -> None:
        statement = update(Member).where(Member.id == current_user.id)
        connection.execute(statement.values(session_epoch=Member.session_epoch + 1000))
        connection.execute(statement.values(session_epoch=Member.session_epoch - 1000, company=Member.company + "+"))

    _on_anonymous_rows(patch, Post, "after_insert", count)


def an_exact_moment(patch: Patch) -> None:
    _on_anonymous_rows(patch, Comment, "before_insert", lambda connection, row: setattr(row, "created_at", now()))


def an_exact_moment_of_a_change(patch: Patch) -> None:
    _on_anonymous_rows(patch, Rating, "before_update", lambda connection, row: setattr(row, "revised_at", now()))


def a_row_that_names_the_member(patch: Patch) -> None:
    def note(connection: Any, row: Any) -> None:
        connection.execute(insert(UsefulVote).values(member_id=current_user.id, comment_id=row.id))

    _on_anonymous_rows(patch, Comment, "after_insert", note)


def a_line_in_the_log(patch: Patch) -> None:
    log = logging.getLogger("forum.posts")
    _on_anonymous_rows(
        patch, Post, "after_insert", lambda connection, row: log.info("written by member %s", current_user.id)
    )


def last_seen(patch: Patch) -> None:
    def touch(connection: Any, row: Any) -> None:
        connection.execute(update(Member).where(Member.id == current_user.id).values(vouched_at=start_of_day(now())))

    _on_anonymous_rows(patch, Comment, "after_insert", touch)


def a_sanction_on_the_account(patch: Patch) -> None:
    original = effects.sanction_pseudonym

    def sanction(pseudonym: Any, *args: Any, **kwargs: Any) -> bool:
        member = member_behind(pseudonym)
        assert member is not None
        member.job_title = "warned once"
        return original(pseudonym, *args, **kwargs)

    patch.setattr(effects, "sanction_pseudonym", sanction)


def a_limit_that_names_the_member(patch: Patch) -> None:
    patch.setattr(anonymity, "hashed_limit_key", lambda subject: subject)
    patch.setattr(writing_limiter, "_limiter", limiter.limiter)  # counted in the store, not in memory


def one_hmac_for_two_threads(patch: Patch) -> None:
    patch.setattr(anonymity, "thread_hmac", lambda thread, secret: anonymity.rater_hmacs(secret, "anywhere")[0])
    patch.setattr(anonymity, "thread_hmacs", lambda thread, secret: anonymity.rater_hmacs(secret, "anywhere"))


def one_chain_for_texts_and_ratings(patch: Patch) -> None:
    patch.setattr(rating_queries.RATING_CHAIN, "purpose", TEXT_CHAIN.purpose)


def _encode_instead_of_sealing(patch: Patch, purpose: str, encode: Callable[[str], str]) -> None:
    seal, unseal = anonymity.seal, anonymity.unseal

    def decode(used_for: str, sealed: str) -> str | None:
        if used_for != purpose:
            return unseal(used_for, sealed)
        try:
            return base64.urlsafe_b64decode(sealed).decode().rstrip("~")
        except ValueError:
            return None

    patch.setattr(
        anonymity, "seal", lambda used_for, text: encode(text) if used_for == purpose else seal(used_for, text)
    )
    patch.setattr(anonymity, "unseal", decode)


def an_unsealed_state(patch: Patch) -> None:
    _encode_instead_of_sealing(
        patch, "state of a member", lambda text: base64.urlsafe_b64encode(text.encode()).decode()
    )


def the_same_seal_twice(patch: Patch) -> None:
    seals: dict[tuple[str, str], str] = {}
    seal = anonymity.seal
    patch.setattr(anonymity, "seal", lambda purpose, text: seals.setdefault((purpose, text), seal(purpose, text)))


def a_mail_that_names_the_thread(patch: Patch) -> None:
    def mail_author(comment: Comment) -> None:
        if comment.post.pseudonym is not None and (member := member_behind(comment.post.pseudonym)) is not None:
            fields = {"name": member.name, "link": f"http://localhost/{comment.post.slug}"}
            mail.enqueue(str(member.email), "confirm", subject="A reply", **fields)

    receivers = {**comment_published.receivers, id(mail_author): mail_author}
    patch.setattr(comment_published, "receivers", receivers)
    patch.setattr(comment_published, "_by_receiver", {**comment_published._by_receiver, id(mail_author): {0}})
    patch.setattr(
        comment_published,
        "_by_sender",
        {**comment_published._by_sender, 0: {*comment_published._by_sender[0], id(mail_author)}},
    )


def a_name_on_the_page(patch: Patch) -> None:
    original = bylines.Byline

    def byline(name: str, url: str | None, anonymous: bool, details: str, *arguments: Any) -> Any:
        pseudonym = db.session.query(bylines.Pseudonym).filter_by(name=name).first() if anonymous else None
        member = member_behind(pseudonym) if pseudonym is not None else None
        return original(name, url, anonymous, f"{details} {member.country[:1] if member else ''}", *arguments)

    patch.setattr(bylines, "Byline", byline)


FAULTS = [
    Fault("a filled author id", a_filled_author_id, "table ratings"),
    Fault("the author in the badge", an_author_in_the_badge, "table comments"),
    Fault("a counter of the member moves", a_counter_of_the_member, "table members"),
    Fault("an exact moment on an anonymous reply", an_exact_moment, "table comments"),
    Fault("an exact moment of a change", an_exact_moment_of_a_change, "table ratings"),
    Fault("a row that names who is told", a_row_that_names_the_member, "table useful_votes"),
    Fault("a line in the log with the member", a_line_in_the_log, "log"),
    Fault("last seen is touched", last_seen, "table members"),
    Fault("a sanction on the account", a_sanction_on_the_account, "table members"),
    Fault("a limit that names the member", a_limit_that_names_the_member, "limits"),
    Fault("one mark for two threads", one_hmac_for_two_threads, "table pseudonyms"),
    Fault("one chain for texts and ratings", one_chain_for_texts_and_ratings, "table ratings"),
    Fault("a state that is not sealed", an_unsealed_state, "table member_states"),
    Fault("the same seal for the same member", the_same_seal_twice, "table"),
    Fault("a mail that names the thread", a_mail_that_names_the_thread, "mail"),
    Fault("a trace of the member under a text", a_name_on_the_page, "stranger at"),
]
