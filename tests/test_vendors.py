"""The vendor directory, a vendor's page, and how a missing vendor gets into the catalogue."""

import re
from html import unescape
from typing import Any

import pytest

from forum.db import db, now
from forum.posts.actions import PostSubject, delete_post
from forum.posts.models import Post
from forum.vendors.models import Programme, Vendor, VendorDomain
from tests.factories import make_category, make_member, make_post, make_vendor, run_concurrently


def form(**values: Any) -> dict[str, Any]:
    """Return a proposal as a browser sends it."""
    fields = {
        "name": "Nordwall Systems",
        "category": "hardware",
        "website": "https://www.Nordwall.example/partners?x=1",
        "programme": "Nordwall Partners",
        "description": "Servers and storage.",
    }
    return {**fields, **values}


def names_in(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/vendors/[^"]*"[^>]*>([^<]+)', page)


def test_a_member_proposes_a_vendor_and_a_moderator_accepts_it(app: Any, browse: Any) -> None:
    make_category(slug="hardware", name="Hardware")
    answer = browse(make_member()).post("/vendors/new", data=form(), follow_redirects=True)
    assert "Nordwall Systems is waiting for a moderator" in answer.text
    vendor = db.session.query(Vendor).one()
    assert (vendor.slug, vendor.accepted_at) == ("nordwall-systems", None)
    assert db.session.query(VendorDomain).one().domain == "nordwall.example"
    assert db.session.query(Programme).one().name == "Nordwall Partners"
    for reader in (browse(), browse(make_member())):
        assert reader.get("/vendors/nordwall-systems").status_code == 404
        assert "Nordwall" not in reader.get("/vendors").text + reader.get("/").text
    moderator = browse(make_member(role="moderator"))
    assert "This is a proposal" in moderator.get("/vendors/nordwall-systems").text
    page = moderator.get("/admin/").text
    assert "Nordwall Systems" in page and "nordwall.example, Nordwall Partners" in page
    moderator.post("/admin/vendors/nordwall-systems", data={"intent": "accept"})
    assert browse().get("/vendors/nordwall-systems").status_code == 200
    assert "Nordwall Systems" in browse().get("/vendors").text
    assert "Nothing to do" in moderator.get("/admin/").text


def test_who_proposed_a_vendor_is_not_stored(app: Any, browse: Any) -> None:
    make_category(slug="hardware")
    member = make_member(name="Marta Aalto")
    browse(member).post("/vendors/new", data=form())
    stored = repr([row for table in ("vendors", "programmes", "vendor_domains") for row in rows_of(table)])
    assert "Marta" not in stored and member.email not in stored
    assert not any("member" in column.name or "author" in column.name for column in Vendor.__table__.columns)


def rows_of(table: str) -> list[Any]:
    return list(db.session.execute(db.metadata.tables[table].select()))


def test_a_declined_proposal_leaves_nothing(app: Any, browse: Any) -> None:
    make_category(slug="hardware")
    browse(make_member()).post("/vendors/new", data=form())
    moderator = browse(make_member(role="moderator"))
    moderator.post("/admin/vendors/nordwall-systems", data={"intent": "preview"})
    assert db.session.query(Vendor).count() == 1, "only its own button declines"
    moderator.post("/admin/vendors/nordwall-systems", data={"intent": "decline"})
    assert [rows_of(table) for table in ("vendors", "programmes", "vendor_domains")] == [[], [], []]
    assert moderator.post("/admin/vendors/nordwall-systems", data={"intent": "accept"}).status_code == 404


def test_what_is_in_the_catalogue_cannot_be_declined_any_more(app: Any, browse: Any) -> None:
    make_vendor("Nordwall")
    answer = browse(make_member(role="admin")).post(
        "/admin/vendors/nordwall", data={"intent": "decline"}, follow_redirects=True
    )
    assert "already in the catalogue" in answer.text and db.session.query(Vendor).count() == 1


def test_accepting_and_declining_at_once_ends_one_way(app: Any, browse: Any) -> None:
    make_category(slug="hardware")
    browse(make_member()).post("/vendors/new", data=form())
    path, readers = "/admin/vendors/nordwall-systems", [browse(make_member(role="moderator")) for _ in range(2)]
    answers = run_concurrently(
        lambda: readers[0].post(path, data={"intent": "accept"}),
        lambda: readers[1].post(path, data={"intent": "decline"}),
    )
    vendor = db.session.query(Vendor).one_or_none()
    assert [answer.status_code for answer in answers] == ([302, 302] if vendor else [404, 302])
    assert vendor is None or vendor.accepted_at is not None


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"name": ""}, "Enter the vendor's name."),
        ({"name": "x"}, "Enter a name of 2 to 80 characters."),
        ({"name": "x" * 81}, "Enter a name of 2 to 80 characters."),
        ({"name": "!!!"}, "Enter a name of 2 to 80 characters."),
        ({"name": "北京" * 40}, "too long for a web address"),
        ({"name": "OSTWALL"}, "A vendor with this name is already listed"),
        ({"name": "the old ostwall"}, "A vendor with this name is already listed"),
        ({"category": ""}, "Choose a category."),
        ({"category": "weapons"}, "Not a valid choice"),
        ({"website": "nordwall"}, "not a web address"),
        ({"website": "javascript:alert(1)"}, "not a web address"),
        ({"website": f"https://{'a' * 200}.example"}, "not a web address"),
        ({"programme": "x" * 81}, "Use at most 80 characters."),
        ({"description": "x" * 301}, "Use at most 300 characters."),
        ({"description": "𝅘𝅥𝅮" * 150}, "Use at most 300 characters."),
    ],
)
def test_an_invalid_proposal_gets_an_error_and_keeps_the_other_fields(
    app: Any, browse: Any, wrong: dict[str, str], words: str
) -> None:
    vendor = make_vendor("Ostwall", category=make_category(slug="hardware"), aliases=["The Old Ostwall"])
    answer = browse(make_member()).post("/vendors/new", data=form(**wrong))
    assert answer.status_code == 422 and words in unescape(answer.text)
    if "programme" not in wrong:
        assert 'value="Nordwall Partners"' in answer.text
    if "category" not in wrong:
        assert '<option value="hardware" selected>' in answer.text
    assert [row.id for row in db.session.query(Vendor)] == [vendor.id]


def test_one_name_proposed_twice_at_once_is_one_proposal(app: Any, browse: Any) -> None:
    make_category(slug="hardware")
    readers = [browse(make_member()) for _ in range(3)]
    answers = run_concurrently(*(lambda r=reader: r.post("/vendors/new", data=form()) for reader in readers))
    assert sorted(answer.status_code for answer in answers) == [302, 422, 422]
    assert db.session.query(Vendor).count() == 1


def test_a_vendor_called_new_has_a_page(app: Any, browse: Any) -> None:
    vendor = make_vendor("New")
    assert browse().get(f"/vendors/{vendor.slug}").status_code == 200


def test_hostile_names_are_only_names(app: Any, browse: Any) -> None:
    make_category(slug="hardware")
    hostile = "<script>alert(1)</script>\"' onload=x {{7*7}}"
    browse(make_member()).post("/vendors/new", data=form(name=hostile, programme=hostile, description=hostile))
    vendor = db.session.query(Vendor).one()
    vendor.accepted_at = now()
    db.session.commit()
    make_post(subject=PostSubject(vendor))
    moderator = browse(make_member(role="moderator"))
    for path in (
        "/",
        "/vendors",
        f"/vendors/{vendor.slug}",
        f"/vendors/{vendor.slug}/feed.atom",
        "/admin/",
        "/posts/new",
    ):
        page = moderator.get(path).text
        assert "<script>alert" not in page and 'onload=x"' not in page and "49" not in re.findall(r"name=x (\d+)", page)


def test_strangers_and_the_banned_propose_nothing(app: Any, browse: Any) -> None:
    assert browse().get("/vendors/new").location == "/sign-in?next=/vendors/new"
    assert browse().post("/vendors/new", data=form()).status_code == 401
    assert browse(make_member(banned_at=now())).post("/vendors/new", data=form()).status_code == 403


def test_a_vendors_page_shows_programmes_tiers_and_what_partners_say(app: Any, browse: Any) -> None:
    vendor = make_vendor("Nordwall", tiers=("Silver", "Gold"), description="Servers.", aliases=["NW"])
    make_post(title="About the vendor here", subject=PostSubject(vendor))
    make_post(title="About another vendor", subject=PostSubject(make_vendor("Ostwall")))
    make_post(title="Signed by nobody known", subject=PostSubject(vendor), anonymous=True)
    page = browse().get("/vendors/nordwall").text
    for words in ("Nordwall Partners", "Silver", "Gold", "Servers.", "NW", "About the vendor here", "Signed by nobody"):
        assert words in page
    assert "About another vendor" not in page
    assert browse().get("/vendors/ostwal").status_code == 404


def test_a_vendor_is_found_under_its_aliases_and_in_any_spelling(app: Any, browse: Any) -> None:
    vendor = make_vendor("Nørdwall Systems", aliases=["NWS"])
    post = make_post(title="About the vendor here", subject=PostSubject(vendor))
    make_post(title="About nobody in particular")
    for typed in ("nordwall-systems", "NØRDWALL systems", "nws", "Nordwall   Systems"):
        page = browse().get("/", query_string={"vendor": typed}).text
        assert post.title in page and "About nobody in" not in page
    page = browse().get("/?vendor=<b>nobody").text
    assert "There is no vendor “&lt;b&gt;nobody”" in page and "About nobody in" in page


def test_posts_counted_for_a_vendor_are_those_that_name_it(app: Any, browse: Any) -> None:
    vendor, author = make_vendor("Nordwall"), make_member()
    posts = [make_post(author, subject=PostSubject(vendor)) for _ in range(2)]
    assert db.session.get(Vendor, vendor.id).post_count == 2
    for post in posts:
        db.session.refresh(post)
    delete_post(posts[0])
    db.session.commit()
    db.session.expire_all()
    assert db.session.get(Vendor, vendor.id).post_count == db.session.query(Post).count() == 1
