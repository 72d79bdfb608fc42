"""The rules of access as tables: rule, situation, people; and a rule about lists asked in both its forms."""

import re
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from forum import access
from forum.access import is_listed, listed_clause
from forum.db import db, now
from forum.posts.actions import PostSubject
from forum.posts.comment_queries import thread_page
from forum.posts.models import Comment, Post
from forum.posts.queries import post_page_row
from forum.vendors.models import VendorDomain
from tests.factories import make_category, make_comment, make_member, make_post, make_representative, make_vendor

PEOPLE = ("stranger", "author", "member", "moderator", "admin", "suspended", "banned", "unconfirmed", "locked")


@pytest.fixture
def people(app: Flask) -> dict[str, Any]:
    return {
        "stranger": SimpleNamespace(is_authenticated=False),
        "author": make_member(),
        "member": make_member(),
        "moderator": make_member(role="moderator"),
        "admin": make_member(role="admin"),
        "suspended": make_member(suspended_until=now() + timedelta(days=1)),
        "banned": make_member(banned_at=now(), role="admin"),
        "unconfirmed": make_member(confirmed_at=None, role="moderator"),
        "locked": make_member(anonymous_locked_until=now() + timedelta(days=1)),
    }


ABOUT_PEOPLE = {
    "is_member": "author member moderator admin suspended locked",
    "is_representative": "",
    "is_signed_in": "author member moderator admin suspended banned unconfirmed locked",
    "is_banned": "banned",
    "can_delete_account": "author member moderator admin suspended banned unconfirmed",
    "is_anonymous_writing_locked": "locked",
    "can_secure_account": "author member moderator admin suspended",
    "is_suspended": "suspended",
    "is_moderator": "moderator admin",
    "is_admin": "admin",
    "can_moderate": "moderator admin",
    "can_curate": "moderator admin",
    "can_administer": "admin",
    "can_write": "author member moderator admin locked",
}


@pytest.mark.parametrize("rule", ABOUT_PEOPLE)
def test_a_rule_about_people_lets_these_and_nobody_else(people: dict[str, Any], rule: str) -> None:
    assert [name for name in PEOPLE if getattr(access, rule)(people[name])] == ABOUT_PEOPLE[rule].split()


EVERYBODY = " ".join(PEOPLE)
WRITERS = "author member moderator admin locked"
OTHER_WRITERS = "member moderator admin locked"
# Rule, state of the item, expected may. The author is the author of the item, by name or by pseudonym.
ABOUT_ITEMS = [
    ("can_see", "plain", EVERYBODY),
    ("can_see", "hidden", "author moderator admin"),
    ("can_see", "deleted", EVERYBODY),
    ("can_see", "hidden deleted", "author moderator admin"),
    ("can_open", "hidden held", "author moderator admin"),
    ("can_open", "hidden", EVERYBODY),
    ("can_open", "hidden removed", EVERYBODY),
    ("can_flag", "plain", OTHER_WRITERS),
    ("can_flag", "hidden", ""),
    ("can_flag", "deleted", ""),
    ("can_reply", "locked", ""),
    ("can_edit", "hidden asked to change", "author"),
    ("can_edit", "hidden removed asked to change", ""),
    ("can_reply", "plain", WRITERS),
    ("can_reply", "hidden", ""),
    ("can_reply", "deleted", ""),
    ("can_edit", "plain", "author"),
    ("can_edit", "hidden", ""),
    ("can_edit", "hidden held", "author"),
    ("can_edit", "deleted", ""),
    ("can_delete", "plain", "author"),
    ("can_delete", "hidden", "author"),
    ("can_delete", "deleted", ""),
    ("can_mark_useful", "plain", OTHER_WRITERS),
    ("can_mark_useful", "hidden", ""),
    ("can_mark_useful", "deleted", ""),
    ("is_author", "plain", "author"),
]


@pytest.mark.parametrize("rule, state, expected", ABOUT_ITEMS)
def test_a_rule_about_writing_lets_these_and_nobody_else(
    people: dict[str, Any], rule: str, state: str, expected: str
) -> None:
    for anonymous in (False, True):
        post = make_post(people["author"], anonymous=anonymous)
        comment = make_comment(post, people["author"], anonymous=anonymous)
        for item in (post, comment):
            item.hidden_at = now() if "hidden" in state else None
            item.decision_id = 1 if "hidden" in state and "held" not in state else None
            item.deleted_at = now() if "deleted" in state else None
            item.removed_at = now() if "removed" in state else None
            item.edit_deadline = now() + timedelta(hours=1) if "asked" in state else None
        post.locked_at = now() if "locked" in state else None
        db.session.commit()
        rows = [post_page_row(post.id), thread_page(post.id).rows[0]]
        of_posts = rule in ("can_reply", "can_open")
        for item in (post, rows[0]) if of_posts else (post, comment):
            assert " ".join(name for name in PEOPLE if getattr(access, rule)(people[name], item)) == expected, item
        if rule == "is_author":
            for name in PEOPLE:
                ids = access.ids_written_by(people[name], post.thread_key, rows)
                assert ids == ({post.id, comment.id} if name == "author" else set())


def test_a_vendors_representative_replies_officially_only(app: Flask) -> None:
    vendor, other = make_vendor("Nordwall"), make_vendor()
    voice, member = make_representative(vendor), make_member()
    about_own, about_other, undisclosed = (
        make_post(subject=PostSubject(vendor)),
        make_post(subject=PostSubject(other)),
        make_post(subject=PostSubject(category=make_category(), description="A large one")),
    )
    earlier = make_comment(about_other, voice)
    for post in (about_own, about_other, undisclosed):
        for item in (post, make_comment(post)):
            assert access.can_mark_useful(voice, item) is (post is not about_own)
            assert access.can_flag(voice, item) and access.can_mark_useful(member, item)
        for row in (post, post_page_row(post.id)):
            assert access.can_reply(voice, row) is (post is not about_own)
            assert (
                access.can_reply_officially(voice, row)
                is access.represents_vendor_of(voice, row)
                is (post is about_own)
            )
            assert access.can_reply(member, row) and not access.can_reply_officially(member, row)
    about_own.locked_at = now()
    assert not access.is_open(about_own) and not access.can_reply_officially(voice, about_own)
    assert access.can_edit(voice, earlier)


def test_a_vendors_representative_does_not_rate_or_decide(app: Flask) -> None:
    vendor, other = make_vendor("Nordwall"), make_vendor()
    voice, member = make_representative(vendor), make_member()
    for rated in (vendor, other, None):
        assert not access.can_rate(voice, rated) and access.can_rate(member, rated)
    assert access.can_post_about(voice, other) and not access.can_post_about(voice, vendor)
    assert access.can_post_about(member, vendor)
    assert access.can_open_dashboard(voice, vendor) and not access.can_open_dashboard(voice, other)
    assert not access.can_open_dashboard(member, vendor) and access.can_open_dashboard(
        make_member(role="moderator"), other
    )
    voice.role = "moderator"
    case = {"member_id": None, "member": None, "contested_decision": None}
    for named in (vendor, other):
        post = make_post(subject=PostSubject(named))
        assert access.can_decide(voice, SimpleNamespace(**case, content=post)) is (named is other)
    voice.role, voice.banned_at = "member", now()
    assert not access.is_representative(voice) and not access.can_open_dashboard(voice, vendor)


@pytest.mark.parametrize(
    "email, role, may",
    [
        ("a@nordwall.example", "member", True),
        ("a@mail.nordwall.example", "member", True),
        ("a@small.example", "member", True),
        ("a@press.nordwall.example", "member", False),
        ("a@sells.example", "member", False),
        ("a@notnordwall.example", "member", False),
        ("a@nordwall.example.evil.example", "member", False),
        ("a@nordwall.example", "moderator", False),
        (None, "member", False),
    ],
)
def test_whose_address_is_at_the_vendors_own_domains_may_ask_to_speak(
    app: Flask, email: str | None, role: str, may: bool
) -> None:
    vendor = make_vendor("Nordwall")
    domains = {"nordwall": "own", "small": "subsidiary", "press.nordwall": "agency", "sells": "distributor"}
    for domain, relation in domains.items():
        db.session.add(VendorDomain(vendor_id=vendor.id, domain=f"{domain}.example", relation=relation))
    member = make_member(email=email, role=role)
    assert access.can_represent(member, vendor) is may
    assert access.is_affiliated(member, vendor) or not may
    vendor.accepted_at = None
    assert not access.can_represent(member, vendor)


@pytest.mark.parametrize(
    "rule, accepted, expected",
    [
        ("can_see_vendor", True, EVERYBODY),
        ("can_see_vendor", False, "moderator admin"),
        ("can_accept_vendor", True, ""),
        ("can_accept_vendor", False, "moderator admin"),
        ("can_rate", True, WRITERS),
        ("can_merge_vendor", True, "admin"),
        ("can_merge_vendor", False, ""),
    ],
)
def test_a_rule_about_vendors_lets_these_and_nobody_else(
    people: dict[str, Any], rule: str, accepted: bool, expected: str
) -> None:
    vendor = make_vendor()
    vendor.accepted_at = now() if accepted else None
    assert not access.is_retired(vendor)
    assert " ".join(name for name in PEOPLE if getattr(access, rule)(people[name], vendor)) == expected
    vendor.retired_at = now()
    assert access.is_retired(vendor)


@pytest.mark.parametrize(
    "rule, values, expected",
    [
        ("can_vouch", {"vouched_at": None}, "moderator admin"),
        ("can_vouch", {}, ""),
        ("can_vouch", {"vouched_at": None, "role": "moderator"}, "admin"),
        ("can_act_on", {}, "moderator admin"),
        ("can_act_on", {"role": "moderator"}, "admin"),
        ("can_act_on", {"role": "admin", "banned_at": now()}, "admin"),
        ("can_change_role", {}, "admin"),
        ("can_change_role", {"confirmed_at": None}, ""),
        ("can_change_role", {"password_hash": None}, ""),
        ("can_change_role", {"banned_at": now()}, ""),
        ("can_change_role", {"banned_at": now(), "role": "moderator"}, "admin"),
    ],
)
def test_a_rule_about_accounts_lets_these_and_nobody_else(
    people: dict[str, Any], rule: str, values: dict[str, Any], expected: str
) -> None:
    member = make_member(**values)
    assert " ".join(name for name in PEOPLE if getattr(access, rule)(people[name], member)) == expected
    assert not getattr(access, rule)(people["admin"], people["admin"]), "nobody does it to themselves"


def test_what_was_decided_is_for_those_it_is_about_and_decided_by_others(people: dict[str, Any]) -> None:
    post = make_post(people["author"], anonymous=True)
    later = now() + timedelta(days=1)

    def allowed(rule: str, target: Any, **options: Any) -> str:
        return " ".join(name for name in PEOPLE if getattr(access, rule)(people[name], target, **options))

    about_post = {
        "action": "remove",
        "content": post,
        "member_id": None,
        "appeal_deadline": later,
        "is_appealed": False,
    }
    about_banned = about_post | {"content": None, "member_id": people["banned"].id}
    for rule in ("can_read_statement", "can_appeal"):
        assert allowed(rule, SimpleNamespace(**about_post)) == "author"
        assert allowed(rule, SimpleNamespace(**about_banned)) == "banned"
    for change in ({"appeal_deadline": now()}, {"is_appealed": True}, {"action": "staff"}):
        assert allowed("can_appeal", SimpleNamespace(**about_post | change)) == ""
    case = SimpleNamespace(content=post, member_id=None, member=None, contested_decision=None)
    assert allowed("can_decide", case) == "moderator admin"
    assert not access.can_decide(
        people["moderator"], SimpleNamespace(**vars(case) | {"member_id": people["moderator"].id})
    )
    own_case = SimpleNamespace(**vars(case) | {"content": make_post(people["moderator"], anonymous=True)})
    assert allowed("can_decide", own_case) == "admin", "not even what one wrote under a pseudonym"
    case.contested_decision = SimpleNamespace(moderator_id=people["admin"].id)
    assert allowed("can_decide", case) == "moderator"
    assert allowed("can_decide", case, is_only_staff=True) == allowed("can_open_case", case) == "moderator admin"


def test_writing_without_any_author_is_nobodys(people: dict[str, Any]) -> None:
    post = make_post(people["author"])
    post.author_id = None
    db.session.commit()
    assert not any(access.is_author(people[name], post) for name in PEOPLE)


def test_the_list_rule_has_one_answer_in_hand_and_in_the_database(app: Flask) -> None:
    for kind, make in ((Post, make_post), (Comment, make_comment)):
        for hidden in (None, now()):
            for deleted in (None, now()):
                item = make()
                item.hidden_at, item.deleted_at = hidden, deleted
        db.session.commit()
        assert {item.id for item in db.session.query(kind).filter(listed_clause(kind))} == {
            item.id for item in db.session.query(kind) if is_listed(item)
        }


def test_every_rule_stands_in_a_table_of_the_tests(app: Flask) -> None:
    rules = {name for name in vars(access) if re.match(r"(can|is)_", name) and callable(getattr(access, name))}
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in sorted(rules) if not re.search(rf"\b{name}\b", tests)] == []
