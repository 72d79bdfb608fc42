"""Somebody who writes only anonymously is looked for in every answer of the site, as everybody else who may read it.

The name may stand where it is asked for by name: on the member's own public page, on what staff open about that account,
and in the list of all accounts. Pages with the name in their address have to be what they are for somebody who never
wrote anything.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member
from forum.db import db, now
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import apply_action
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.flags.actions import flag
from forum.moderation.notices.actions import answer_notice, confirm_notice, send_notice
from forum.notifications.actions import follow
from forum.notifications.jobs import send_digests
from forum.posts.actions import PostSubject, edit_post
from forum.posts.comment_actions import edit_comment
from forum.posts.scheduled_actions import schedule_comment
from forum.ratings.scores.actions import publish
from tests import crawl
from tests.conftest import on_one_database
from tests.factories import (
    make_tag,
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_vendor,
)

CANARY = {
    "name": "Zebulon Quagmire",
    "slug": "zebulon-quagmire",
    "email": "zq@yellow-canary.example",
    "job_title": "canary breeder",
    "company": "Yellowfeather",
    "country": "Quagland",
}
TWIN = {
    "name": "Wolfgang Neverwrote",
    "slug": "wolfgang-neverwrote",
    "email": "wn@grey-sparrow.example",
    "job_title": "sparrow watcher",
    "company": "Greyfeather",
    "country": "Neverland",
}
TRACES = re.compile("zebulon|quagmire|zq@|yellow-canary|canary breeder|yellowfeather|quagland", re.I)
# Pages that list accounts, and may list this one.
LISTED = {"admin.members": "all accounts, for admins"}
MOST_LINKS = 300


@pytest.fixture
def people(app: Flask) -> dict[str, Member]:
    """A site on which the canary has done everything that can be done anonymously."""
    canary, twin = make_member(**CANARY), make_member(**TWIN)
    moderator, admin = make_member(role="moderator"), make_member(role="admin")
    member = make_member()
    make_member(confirmed_at=None), make_member(password_hash=None)
    vendor = make_vendor("Northwind", tiers=("Gold",), aliases=["NW"])
    lakeside = make_vendor("Lakeside")
    speaker = make_representative(vendor)
    for _ in range(5):
        make_rating(vendor=vendor)
    tag = make_tag("deals", ("bids",))
    about = PostSubject(vendor, tier=vendor.programmes[0].tiers[0], programme=vendor.programmes[0])
    said = {"worth": 2, "again": False, "interest": "none"}
    post = make_post(canary, anonymous=True, about=about, said=said, tags=[tag], badged=True)
    edit_post(post, title="What it says by now", body=post.body * 2, leaning="bad", tags=[tag], about=about, by=canary)
    undisclosed = PostSubject(category=vendor.category, description="a large hardware supplier")
    make_post(canary, anonymous=True, about=undisclosed, said=said, tags=[tag])
    other = make_post(member, about=PostSubject(vendor), tags=[tag])
    reply, parent = make_comment(other, canary, anonymous=True), make_comment(other, member)
    answer = make_comment(other, canary, anonymous=True, parent=parent)
    edit_comment(reply, body="Changed since.", by=canary)
    make_comment(post, member), make_comment(post, canary, anonymous=True)
    make_rating(canary, vendor=lakeside, anonymous=True)
    for kind, number in (("post", post.id), ("tag", tag.id), ("vendor", vendor.id)):
        follow(canary, kind, number)
    schedule_comment(canary, other, hours=72, typed={"body": "Later."}, parent=None, body="Later.", badged=False)
    _moderated(reply, answer, post, member, moderator)
    publish(now() + timedelta(days=1))
    db.session.commit()
    send_digests()
    return {
        "member": member,
        "moderator": moderator,
        "admin": admin,
        "speaker": speaker,
        "canary": canary,
        "twin": twin,
    }


def _moderated(reply: Any, answer: Any, post: Any, member: Member, moderator: Member) -> None:
    """Reported, warned, barred, removed, held; and an appeal waits."""
    for item in (reply, answer, post):
        flag(member, item, rule=5, message="Whose interest is that?")
    said = {"rule": 5, "facts": "The text.", "reason": "Say where your interest lies.", "source": "flag"}
    for action in ("warn", "hold", "bar"):
        apply_action(reply, moderator, action=action, **said, until=now() + timedelta(days=7))
    removed = apply_action(answer, moderator, action="remove", **said)
    file_appeal(removed, "It was nobody's interest but my own.")
    open_case("held", post, "A moderator reads this before others do.")
    db.session.commit()
    for why in (
        "The second line is wrong, and we can show it.",
        "The third line is wrong as well, and we can show it.",
    ):
        notice = send_notice(post, name="Lena Lawful", email="l@law.example", complaint=why, unlawful=False, law="")
    confirm_notice(notice)
    assert answer_notice(notice, "I saw it happen, twice, and so did others.")
    db.session.commit()


def visited(app: Flask, reader: Any) -> Iterator[tuple[str, str, Any]]:
    """endpoint, address and answer: of every route, then of what these pages link to."""
    known = crawl.addresses(app, with_mailed_links=True)
    addresses = [(endpoint, address) for endpoint, several in known.items() for address in several]
    seen, linked = {address for _, address in addresses}, 0
    match = app.url_map.bind("localhost").match
    for endpoint, address in addresses:
        answer = reader.get(address)
        yield endpoint, address, answer
        for link in crawl.links_in(answer.text) if answer.mimetype == "text/html" and linked < MOST_LINKS else ():
            path = link.partition("?")[0]
            if link in seen or path.startswith("/static/") or not app.url_map.bind("localhost").test(path, "GET"):
                continue
            seen.add(link)
            linked += 1
            addresses.append((match(path, "GET")[0], link))


def said_in(answer: Any) -> str:
    return f"{answer.headers}\n{answer.text}"


@pytest.mark.parametrize("who", ["stranger", "member", "moderator", "admin", "speaker"])
def test_who_writes_only_anonymously_is_named_nowhere(app: Flask, browse: Any, people: Any, who: str) -> None:
    reader = browse(people.get(who))
    found, count = [], 0
    for endpoint, address, answer in visited(app, reader):
        count += 1
        assert answer.status_code < 500, address
        asked_for = CANARY["slug"] in address or endpoint in LISTED
        if not asked_for and (trace := TRACES.search(said_in(answer))):
            found.append((address, trace[0]))
    assert found == [] and count > 150


@pytest.mark.parametrize("who", ["stranger", "member", "moderator", "admin", "speaker"])
def test_the_pages_about_the_account_are_those_of_somebody_who_never_wrote(
    app: Flask, browse: Any, people: Any, who: str
) -> None:
    reader, pages = browse(people.get(who)), 0
    for several in crawl.addresses(app).values():
        for address in (address for address in several if CANARY["slug"] in address):
            of_twin = reader.get(address.replace(CANARY["slug"], TWIN["slug"])).text
            assert _plain(reader.get(address).text, CANARY) == _plain(of_twin, TWIN), address
            pages += 1
    assert pages >= 2


def _plain(page: str, who: dict[str, str]) -> str:
    """A page about somebody, without who it is, and without the tokens that are new at every visit."""
    page = re.sub(r'value="[\w.-]{40,}"', "", page)
    first, last = who["name"].split()
    for name, value in {**who, "initials": f">{first[0]}{last[0]}<", "first": first}.items():
        page = page.replace(value, f"<{name}>")
    return page


@on_one_database
def test_every_page_is_visited_or_excused(app: Flask, browse: Any, people: Any) -> None:
    """A new route has to be found by the crawl: see crawl.py for how."""
    missed = {rule.endpoint for rule in crawl.routes(app)} - set(crawl.EXCLUDED)
    for who in ("canary", "admin", "stranger", "speaker", "moderator"):
        for endpoint, _, answer in visited(app, browse(people.get(who))):
            if answer.status_code < 400 and not (answer.location or "").startswith("/sign-in"):
                missed.discard(endpoint)
    assert missed == {"two_factor.code"}, "sent there only between the password and the code"


@on_one_database
def test_the_crawl_would_find_a_name(app: Flask, browse: Any, people: Any) -> None:
    make_post(people["canary"], title="Signed by mistake")
    addresses = {address for _, address, answer in visited(app, browse()) if TRACES.search(said_in(answer))}
    assert {"/", "/feed.atom"} <= addresses and "/tags/" not in addresses
