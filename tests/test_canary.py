"""Search every response of the site, as every kind of reader, for a member who writes only anonymously.

The name may appear where the reader asks for it: on the member's public page, on staff pages about the account, and in the
list of accounts. Pages with the name in their address must equal those of a member who never wrote anything.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from forum.accounts.models import Member, Passkey
from forum.db import db, now
from forum.legal.actions import save_legal_text
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import apply_action
from forum.moderation.decisions.appeals import file_appeal
from forum.moderation.evidence.actions import add_file, ask_for_evidence
from forum.moderation.evidence.files import CleanFile
from forum.moderation.flags.actions import flag
from forum.moderation.models import Case
from forum.moderation.notices.actions import confirm_notice, save_author_answer, send_notice
from forum.notifications.actions import follow
from forum.notifications.jobs import send_digests
from forum.pages.saved.actions import add_to_shortlist, save_bookmark, save_weights
from forum.posts.actions import PostSubject, edit_post
from forum.posts.comment_actions import edit_comment
from forum.posts.draft_actions import save_draft
from forum.posts.scheduled_actions import schedule_comment
from forum.ratings.scores.actions import publish
from forum.vendors.correction_actions import suggest_correction
from forum.vendors.models import Vendor
from tests import crawl
from tests.conftest import on_one_database
from tests.factories import (
    make_comment,
    make_member,
    make_post,
    make_rating,
    make_representative,
    make_tag,
    make_vendor,
)

pytestmark = pytest.mark.slow
CANARY = {
    "name": "Zebulon Quagmire",
    "slug": "zebulon-quagmire",
    "email": "zq@yellow-canary.example",
    "job_title": "canary breeder",
    "company": "Yellowfeather",
    "country": "Quagland",
}
SILENT = {
    "name": "Wolfgang Neverwrote",
    "slug": "wolfgang-neverwrote",
    "email": "wn@grey-sparrow.example",
    "job_title": "sparrow watcher",
    "company": "Greyfeather",
    "country": "Neverland",
}
TRACES = re.compile("zebulon|quagmire|zq@|yellow-canary|canary breeder|yellowfeather|quagland", re.I)
# Pages that list accounts and may include this one.
LISTED = {"admin.members": "all accounts, for admins"}
MAX_LINKS = 300


@pytest.fixture
def people(app: Flask) -> dict[str, Member]:
    """Return the readers of a site on which the canary has done everything that can be done anonymously."""
    joined = {"joined_at": datetime(2026, 1, 5, 12, tzinfo=UTC)}
    vendor = make_vendor("Northwind", tiers=("Gold",), aliases=["NW"])
    readers = {
        "member": make_member(),
        "moderator": make_member(role="moderator"),
        "admin": make_member(role="admin"),
        "representative": make_representative(vendor),
        "canary": make_member(**CANARY, **joined),
        "silent": make_member(**SILENT, **joined),
    }
    make_member(confirmed_at=None), make_member(password_hash=None)
    readers["canary"].passkeys.append(Passkey(name="A key on a ring", credential_id="AAAA", public_key="AAAA"))
    for _ in range(5):
        make_rating(vendor=vendor)
    _write_anonymously(readers["canary"], vendor, readers["member"], readers["moderator"])
    publish(now() + timedelta(days=1))
    suggest_correction(vendor, readers["representative"], body="Gold asks for two people.", source_url="")
    save_legal_text("imprint", "Run by its members.", based_on=None)
    db.session.commit()
    send_digests()
    return readers


def _write_anonymously(canary: Member, vendor: Vendor, member: Member, moderator: Member) -> None:
    tag = make_tag("deals", ("bids",))
    about = PostSubject(vendor, tier=vendor.programmes[0].tiers[0], programme=vendor.programmes[0])
    anonymous = {"anonymous": True, "rating_answers": {"worth": 2, "again": False, "interest": "none"}, "tags": [tag]}
    post = make_post(canary, subject=about, badged=True, **anonymous)
    edited = {"title": "What it says by now", "body": post.body * 2, "leaning": "bad", "tags": [tag]}
    edit_post(post, **edited, subject=about, author=canary)
    undisclosed = PostSubject(category=vendor.category, description="a large hardware supplier")
    make_post(canary, subject=undisclosed, **anonymous)
    other = make_post(member, subject=PostSubject(vendor), tags=[tag])
    reply, parent = make_comment(other, canary, anonymous=True), make_comment(other, member)
    answer = make_comment(other, canary, anonymous=True, parent=parent)
    edit_comment(reply, body="Changed since.", author=canary)
    make_comment(post, member), make_comment(post, canary, anonymous=True)
    make_rating(canary, vendor=make_vendor("Lakeside"), anonymous=True)
    for kind, number in (("post", post.id), ("tag", tag.id), ("vendor", vendor.id)):
        follow(canary, kind, number)
    save_bookmark(canary, post.id, "I wrote this, and the reply below.")
    save_weights(canary, {"education": 5})
    add_to_shortlist(canary, vendor.slug)
    schedule_comment(canary, other, hours=72, form_data={"body": "Later."}, parent=None, body="Later.", badged=False)
    for identity in ("name", "anonymous"):
        save_draft(canary, None, kind="post", form_data={"title": "Not yet", "body": "Later.", "identity": identity})
    _moderate(reply, answer, post, member, moderator)


def _moderate(reply: Any, answer: Any, post: Any, member: Member, moderator: Member) -> None:
    """Report, warn, hold, bar and remove texts of the canary, and leave an appeal open."""
    for item in (reply, answer, post):
        flag(member, item, rule=5, message="Whose interest is that?")
    fields = {"rule": 5, "facts": "The text.", "reason": "Say where your interest lies.", "source": "flag"}
    for action in ("warn", "hold", "bar"):
        apply_action(reply, moderator, action=action, **fields, ends_at=now() + timedelta(days=7))
    removed = apply_action(answer, moderator, action="remove", **fields)
    file_appeal(removed, "It was nobody's interest but my own.")
    open_case("held", post, "A moderator reads this before others do.")
    db.session.commit()
    for why in (
        "The second line is wrong, and we can show it.",
        "The third line is wrong as well, and we can show it.",
    ):
        notice = send_notice(post, name="Lena Lawful", email="l@law.example", complaint=why, unlawful=False, law="")
    confirm_notice(notice)
    assert save_author_answer(notice, "I saw it happen, twice, and so did others.")
    case = db.session.query(Case).filter_by(notice_id=notice.id).one()
    for recipient in ("author", "sender"):
        request = ask_for_evidence(case, moderator, recipient=recipient, question="Can you show us the letter?")
        add_file(request, CleanFile("txt", b"The letter."))
    db.session.commit()


def visited(app: Flask, reader: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (endpoint, address, response) for every route, then for the links on these pages."""
    by_endpoint = crawl.addresses(app, with_mailed_links=True)
    addresses = [(endpoint, address) for endpoint, several in by_endpoint.items() for address in several]
    visited_addresses, linked = {address for _, address in addresses}, 0
    match = app.url_map.bind("localhost").match
    for endpoint, address in addresses:
        answer = reader.get(address)
        yield endpoint, address, answer
        for link in crawl.links_in(answer.text) if answer.mimetype == "text/html" and linked < MAX_LINKS else ():
            path = link.partition("?")[0]
            if (
                link in visited_addresses
                or path.startswith("/static/")
                or not app.url_map.bind("localhost").test(path, "GET")
            ):
                continue
            visited_addresses.add(link)
            linked += 1
            addresses.append((match(path, "GET")[0], link))


def text_of(answer: Any) -> str:
    return f"{answer.headers}\n{answer.text}"


@pytest.mark.parametrize("role", ["stranger", "member", "moderator", "admin", "representative"])
def test_who_writes_only_anonymously_is_named_nowhere(app: Flask, browse: Any, people: Any, role: str) -> None:
    reader = browse(people.get(role))
    traces, count = [], 0
    for endpoint, address, answer in visited(app, reader):
        count += 1
        assert answer.status_code < 500, address
        asked_for = CANARY["slug"] in address or endpoint in LISTED
        if not asked_for and (trace := TRACES.search(text_of(answer))):
            traces.append((address, trace[0]))
    assert traces == [] and count > 150


@pytest.mark.parametrize("role", ["stranger", "member", "moderator", "admin", "representative"])
def test_the_pages_about_the_account_are_those_of_somebody_who_never_wrote(
    app: Flask, browse: Any, people: Any, role: str
) -> None:
    reader, pages = browse(people.get(role)), 0
    for several in crawl.addresses(app).values():
        for address in (address for address in several if CANARY["slug"] in address):
            of_silent = reader.get(address.replace(CANARY["slug"], SILENT["slug"])).text
            assert _plain(reader.get(address).text, CANARY) == _plain(of_silent, SILENT), address
            pages += 1
    assert pages >= 2


def _plain(page: str, role: dict[str, str]) -> str:
    """Return a page about a member with their data replaced, and without the tokens that change at each visit."""
    page = re.sub(r'value="[\w.-]{40,}"', "", page)
    first, last = role["name"].split()
    for name, value in {**role, "initials": f">{first[0]}{last[0]}<", "first": first}.items():
        page = page.replace(value, f"<{name}>")
    return page


@on_one_database
def test_every_page_is_visited_or_excluded(app: Flask, browse: Any, people: Any) -> None:
    """The crawl must find each new route: see crawl.py."""
    missed = {rule.endpoint for rule in crawl.routes(app)} - set(crawl.EXCLUDED)
    for role in ("canary", "admin", "stranger", "representative", "moderator"):
        for endpoint, _, answer in visited(app, browse(people.get(role))):
            if answer.status_code < 400 and not (answer.location or "").startswith("/sign-in"):
                missed.discard(endpoint)
    assert missed == set()


@on_one_database
def test_the_crawl_would_find_a_name(app: Flask, browse: Any, people: Any) -> None:
    make_post(people["canary"], title="Signed by mistake")
    addresses = {address for _, address, answer in visited(app, browse()) if TRACES.search(text_of(answer))}
    assert {"/", "/feed.atom"} <= addresses and "/tags/" not in addresses
