"""Nobody passes for staff, a representative, a vendor, an alias or the site by the name that they choose."""

from typing import Any

import pytest

from forum.accounts import passwords
from forum.accounts.models import Member
from forum.accounts.names import clean_name, is_like, skeleton
from forum.db import db
from forum.text import visible_length
from forum.urls import key_text
from tests.factories import (
    PASSWORD,
    make_comment,
    make_member,
    make_post,
    make_representative,
    make_tag,
    make_vendor,
)

FORBIDDEN = [
    "Fiona MacKay, Moderator of Full Duplex",
    "Fiona MacKay",
    "fiona  mackay",
    "F\u0456on\u0430 MacK\u0430y",  # Cyrillic
    "Fiona\u200b Mac\u200dKay",
    "Fl0na MacKay",
    "F\u0131ona M\u00e4cKay",
    "Quiet Heron / anonymous",
    "Quiet Heron",
    "QuietHeron",
    "Qu\u0456et Her\u03bfn",
    "a former member",
    "A F\u043ermer Member",
    "Full Duplex",
    "The Full\u00adDuplex team",
    "Admin",
    "Site staff",
    "M\u043ederator",
    "Norah Wall",
    "Lakeside Systems",
    "Lakes\u0456de Systems",
    "Lakeside Systems Support",
    "\u200b\u200b\u200b",
    "\u3164\u3164",
    "\u2800\u2800\u2800",
    "\u00ad\u00ad",
    "--",
]
ALLOWED = [
    "Fiona Kay",
    "Mia MacKay",
    "Jürgen Groß",
    "Nguyễn Thị Ánh",
    "Анна Иванова",
    "山田 太郎",
    "Staffan Lind",
    "Frank J Hill",
]


@pytest.fixture
def names(app: Any) -> None:
    make_member(name="Fiona MacKay", role="moderator")
    vendor = make_vendor("Lakeside Systems")
    make_representative(vendor, name="Norah Wall")
    make_vendor("Nordwall")


def join(browse: Any, name: str) -> Any:
    form = {"name": name, "email": "someone@partner.example", "password": "wet stone quiet harbour"}
    return browse().post("/join", data=form)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("name", FORBIDDEN)
def test_nobody_joins_under_the_name_of_somebody_else(browse: Any, name: str) -> None:
    assert join(browse, name).status_code == 422


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("name", ALLOWED)
def test_other_names_are_fine_in_every_script(browse: Any, name: str) -> None:
    assert join(browse, name).status_code == 302
    assert db.session.query(Member).filter_by(email="someone@partner.example").one().name == name


@pytest.mark.usefixtures("names")
def test_nobody_renames_themselves_into_somebody_and_staff_keep_their_own_name(browse: Any) -> None:
    member = make_member(name="Mia Lind", password_hash=passwords.hash_password(PASSWORD))
    profile = {"job_title": "", "company": "", "country": "", "time_zone": "UTC"}
    assert browse(member).post("/settings", data={**profile, "name": "Fiona MacKay"}).status_code == 422
    for field in ("job_title", "company", "country"):
        answer = browse(member).post("/settings", data={**profile, "name": "Mia Lind", field: "Moder\u0430tor"})
        assert answer.status_code == 422, field
        assert (
            browse(member).post("/settings", data={**profile, "name": "Mia", field: "F\u200bull Duplex"}).status_code
            == 422
        )
    titled = {**profile, "name": "Mia Lind", "job_title": "\u3164IT\u200b administrator"}
    assert browse(member).post("/settings", data=titled).status_code == 302
    db.session.expire_all()
    assert member.job_title == "IT administrator"
    moderator = db.session.query(Member).filter_by(role="moderator").one()
    assert browse(moderator).post("/settings", data={**profile, "name": "Fiona Mackay"}).status_code == 302
    db.session.expire_all()
    assert moderator.name == "Fiona Mackay"


def test_staff_have_a_badge_that_is_no_text_and_an_alias_has_none(app: Any, browse: Any) -> None:
    moderator = make_member(role="moderator", name="Fiona MacKay")
    post = make_post(moderator, title="What a moderator signs")
    make_comment(post, moderator), make_comment(post, moderator, anonymous=True)
    pages = [
        browse().get(f"/posts/{key_text(post.id)}/{post.slug}").text,
        browse().get("/").text,
    ]
    assert [page.count('<span class="badge badge--staff">moderator</span>') for page in pages] == [2, 1]
    member = make_member(name="<span class='badge badge--staff'>moderator</span>")
    make_post(member, title="What somebody else signs")
    assert browse().get("/").text.count("badge badge--staff'") == 0


def test_a_minimum_counts_what_is_seen(app: Any, browse: Any) -> None:
    assert visible_length("\u200b\u3164 a \u2800 b\u00ad ") == 3
    form = {"tags": make_tag().slug, "leaning": "bad", "vendor_naming": "none", "identity": "name", "intent": "publish"}
    text = {"title": "\u3164" * 20, "body": "We registered eleven deals, and most of them were approved."}
    assert browse(make_member()).post("/posts/new", data={**form, **text}).status_code == 422
    text = {"title": "What happened this spring", "body": "a" + "\u200b \u2800" * 50}
    assert browse(make_member()).post("/posts/new", data={**form, **text}).status_code == 422
    path = f"/posts/{browse().get('/').text}"  # no post was made
    assert "What happened this spring" not in path


def test_names_are_cleaned_and_compared_as_they_look() -> None:
    assert clean_name("  Fi\u200bona\u00ad \n MacKay ") == "Fiona MacKay"
    assert clean_name("Z" + "\u0301" * 50 + "oe").count("\u0301") + 1 <= 4
    assert skeleton("Fl0na") == skeleton("Fiona") == skeleton("F\u0456on\u0430")
    assert is_like("Barney Vest", "Barney Vest") and not is_like("Kirk", "Kirkegaard")
    assert is_like("Ida", "Ida") and not is_like("Ida Rosenqvist", "Ida")
