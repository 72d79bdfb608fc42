"""Planted faults: each undoes one protection, as a careless change might, and says where it has to show."""

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
from forum.posts.models import Comment, Post, UsefulVote
from forum.posts.signals import comment_published
from forum.ratings import queries as rating_queries
from forum.ratings.models import Rating

Patch = pytest.MonkeyPatch


class Fault(NamedTuple):
    """What is broken, how, and the place in which the worlds differ then."""

    name: str
    plant: Callable[[Patch], object]
    shows: str


class _Listening:
    """An attribute to set: while it is set, something listens. So that a patch undoes it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, holder: Any, owner: type) -> Any:
        return holder.__dict__.get(self.name)

    def __set__(self, holder: Any, hears: Any) -> None:
        before = holder.__dict__.get(self.name)
        if before is not None:
            event.remove(*before)
        if hears is not None:
            event.listen(*hears)
        holder.__dict__[self.name] = hears


class _Ear:
    hears = _Listening()


def _when(patch: Patch, kind: Any, moment: str, does: Callable[[Any, Any], object]) -> None:
    """Do something with the connection and the row whenever an anonymous row of a kind is written."""

    def heard(mapper: Any, connection: Any, row: Any) -> None:
        if row.chain_link is not None:
            does(connection, row)

    patch.setattr(_Ear(), "hears", (kind, moment, heard))


def a_filled_author_id(patch: Patch) -> None:
    _when(patch, Rating, "before_insert", lambda connection, row: setattr(row, "author_id", current_user.id))


def an_author_in_the_badge(patch: Patch) -> None:
    _when(patch, Comment, "before_insert", lambda connection, row: setattr(row, "badge", current_user.name))


def a_counter_of_the_member(patch: Patch) -> None:
    def count(connection: Any, row: Any) -> None:
        own = update(Member).where(Member.id == current_user.id)
        connection.execute(own.values(session_epoch=Member.session_epoch + 1000))
        connection.execute(own.values(session_epoch=Member.session_epoch - 1000, company=Member.company + "+"))

    _when(patch, Post, "after_insert", count)


def an_exact_moment(patch: Patch) -> None:
    _when(patch, Comment, "before_insert", lambda connection, row: setattr(row, "created_at", now()))


def an_exact_moment_of_a_change(patch: Patch) -> None:
    _when(patch, Rating, "before_update", lambda connection, row: setattr(row, "revised_at", now()))


def a_row_that_names_the_member(patch: Patch) -> None:
    def note(connection: Any, row: Any) -> None:
        connection.execute(insert(UsefulVote).values(member_id=current_user.id, comment_id=row.id))

    _when(patch, Comment, "after_insert", note)


def a_line_in_the_log(patch: Patch) -> None:
    log = logging.getLogger("forum.posts")
    _when(patch, Post, "after_insert", lambda connection, row: log.info("written by member %s", current_user.id))


def last_seen(patch: Patch) -> None:
    def touch(connection: Any, row: Any) -> None:
        connection.execute(update(Member).where(Member.id == current_user.id).values(vouched_at=start_of_day(now())))

    _when(patch, Comment, "after_insert", touch)


def a_sanction_on_the_account(patch: Patch) -> None:
    kept = effects.sanction_pseudonym

    def seen(pseudonym: Any, *given: Any, **named: Any) -> bool:
        member = member_behind(pseudonym)
        assert member is not None
        member.job_title = "warned once"
        return kept(pseudonym, *given, **named)

    patch.setattr(effects, "sanction_pseudonym", seen)


def a_limit_that_names_the_member(patch: Patch) -> None:
    patch.setattr(anonymity, "hashed_limit_key", lambda subject: subject)


def one_limit_for_all_a_member_sends(patch: Patch) -> None:
    kept = anonymity.hashed_limit_key
    patch.setattr(anonymity, "hashed_limit_key", lambda subject: kept(" ".join(subject.split()[:2])))


def one_hmac_for_two_threads(patch: Patch) -> None:
    patch.setattr(anonymity, "thread_hmac", lambda thread, member: anonymity.follow_hmacs(member, "anywhere")[0])
    patch.setattr(anonymity, "thread_hmacs", lambda thread, member: anonymity.follow_hmacs(member, "anywhere"))


def one_chain_for_texts_and_ratings(patch: Patch) -> None:
    patch.setattr(rating_queries, "CHAIN_KIND", "listing mark")


def _open_letters(patch: Patch, purpose: str, wrapped: Callable[[str], str]) -> None:
    seal, unseal = anonymity.seal, anonymity.unseal

    def opened(given: str, sealed: str) -> str | None:
        if given != purpose:
            return unseal(given, sealed)
        try:
            return base64.urlsafe_b64decode(sealed).decode().rstrip("~")
        except ValueError:
            return None

    patch.setattr(anonymity, "seal", lambda given, said: wrapped(said) if given == purpose else seal(given, said))
    patch.setattr(anonymity, "unseal", opened)


def an_unsealed_subscription(patch: Patch) -> None:
    _open_letters(patch, "follower", lambda said: base64.urlsafe_b64encode(said.encode()).decode())


def the_same_seal_twice(patch: Patch) -> None:
    kept: dict[tuple[str, str], str] = {}
    seal = anonymity.seal
    patch.setattr(anonymity, "seal", lambda purpose, said: kept.setdefault((purpose, said), seal(purpose, said)))


def a_mail_that_names_the_thread(patch: Patch) -> None:
    def tell(comment: Comment) -> None:
        if comment.post.pseudonym is not None and (member := member_behind(comment.post.pseudonym)) is not None:
            given = {"name": member.name, "link": f"http://localhost/{comment.post.slug}", "unsubscribe": "-"}
            mail.enqueue(str(member.email), "digest", subject="A reply", **given)

    receivers = {**comment_published.receivers, id(tell): tell}
    patch.setattr(comment_published, "receivers", receivers)
    patch.setattr(comment_published, "_by_receiver", {**comment_published._by_receiver, id(tell): {0}})
    patch.setattr(
        comment_published, "_by_sender", {**comment_published._by_sender, 0: {*comment_published._by_sender[0], id(tell)}}
    )


def a_name_on_the_page(patch: Patch) -> None:
    kept = bylines.Byline

    def made(name: str, url: str | None, anonymous: bool, about: str) -> Any:
        mark = db.session.query(bylines.Pseudonym).filter_by(name=name).first() if anonymous else None
        member = member_behind(mark) if mark is not None else None
        return kept(name, url, anonymous, f"{about} {member.country[:1] if member else ''}")

    patch.setattr(bylines, "Byline", made)


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
    Fault("one limit for all a member sends", one_limit_for_all_a_member_sends, "limits"),
    Fault("one mark for two threads", one_hmac_for_two_threads, "table pseudonyms"),
    Fault("one chain for texts and ratings", one_chain_for_texts_and_ratings, "table ratings"),
    Fault("a subscription that is not sealed", an_unsealed_subscription, "table follows"),
    Fault("the same seal for the same member", the_same_seal_twice, "table"),
    Fault("a mail that names the thread", a_mail_that_names_the_thread, "mail"),
    Fault("a trace of the member under a text", a_name_on_the_page, "stranger at"),
]
