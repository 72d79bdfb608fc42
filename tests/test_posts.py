"""Posts through the browser: write and preview them, and what must not work."""

import re
from html import unescape
from typing import Any

import pytest

from forum import text
from forum.db import db
from forum.posts.models import Post, Tag
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_member,
    make_tag,
    make_vendor,
)
from tests.post_forms import (
    BODY,
    TITLE,
    path_to,
    post_form,
    tags_in,
    the_post,
    value_of,
)
from tests.query_counts import recorded_queries


def test_a_member_writes_by_name_and_everybody_reads_it(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member(name="Marta Aalto", job_title="pre-sales engineer", country="Finland")
    answer = browse(author).post("/posts/new", data=post_form())
    post = the_post()
    assert answer.status_code == 302 and answer.location == path_to(post)
    page = browse().get(answer.location).text
    for piece in (TITLE, "<strong>eleven</strong>", "Marta Aalto", "pre-sales engineer, Finland", "Mixed", "deals"):
        assert piece in page
    assert post.author_id == author.id and db.session.query(Tag).one().post_count == 1
    assert TITLE in browse().get("/").text


@pytest.mark.parametrize("identity", ["name", "anonymous"])
def test_a_post_is_rendered_once_and_not_read_again_after_it_is_stored(
    app: Any, browse: Any, monkeypatch: pytest.MonkeyPatch, identity: str
) -> None:
    make_tag("deals")
    rendered, render = [], text._to_safe_html
    monkeypatch.setattr(text, "_to_safe_html", lambda source: rendered.append(source) or render(source))
    browser = browse(make_member())
    with recorded_queries() as statements:
        assert browser.post("/posts/new", data=post_form(identity=identity)).status_code == 302
    inserted = next(n for n, statement in enumerate(statements) if statement.startswith("INSERT INTO posts"))
    assert len(rendered) == 1
    assert not [statement for statement in statements[inserted:] if statement.startswith("SELECT posts.id, posts.th")]
    assert not [statement for statement in statements if statement.startswith("DELETE FROM post_tags")]


def test_a_post_names_its_vendor_programme_and_tier(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor = make_vendor("Nordwall Systems", tiers=("Silver", "Gold"))
    gold = vendor.programmes[0].tiers[1]
    reader = browse(make_member())
    tiers_page = reader.post(
        "/posts/new", data=post_form(vendor_naming="named", vendor="nordwall  SYSTEMS", intent="tiers")
    )
    assert f'<option value="t{gold.id}">Gold</option>' in tiers_page.text and db.session.query(Post).count() == 0
    answer = reader.post(
        "/posts/new", data=post_form(vendor_naming="named", vendor="Nordwall Systems", tier=f"t{gold.id}")
    )
    post = the_post()
    assert (post.vendor_id, post.programme_id, post.tier_id) == (vendor.id, vendor.programmes[0].id, gold.id)
    page = browse().get(answer.location).text
    assert "Nordwall Systems Partners" in page and "Gold" in page
    assert db.session.get(Vendor, vendor.id).post_count == 1


def test_a_programme_can_be_named_without_a_tier_and_a_foreign_tier_is_refused(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor, other = make_vendor("Nordwall", tiers=("Gold",)), make_vendor("Ostwall", tiers=("Gold",))
    foreign = other.programmes[0].tiers[0].id
    reader = browse(make_member())
    answer = reader.post("/posts/new", data=post_form(vendor_naming="named", vendor="Nordwall", tier=f"t{foreign}"))
    assert answer.status_code == 422 and "not a tier of Nordwall" in answer.text
    reader.post(
        "/posts/new", data=post_form(vendor_naming="named", vendor="Nordwall", tier=f"p{vendor.programmes[0].id}")
    )
    assert the_post().programme_id == vendor.programmes[0].id and the_post().tier_id is None


def test_an_undisclosed_vendor_is_described_and_nothing_else_is_kept(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_vendor("Nordwall")
    make_category(slug="hardware", name="Hardware")
    fields = post_form(
        vendor_naming="undisclosed",
        category="hardware",
        description="a large hardware supplier",
        vendor="Nordwall",
        tier="t1",
    )
    answer = browse(make_member()).post("/posts/new", data=fields)
    post = the_post()
    assert (post.vendor_id, post.tier_id, post.vendor_description) == (None, None, "a large hardware supplier")
    page = browse().get(answer.location).text
    assert "a large hardware supplier" in page and "vendor undisclosed" in page and "Nordwall" not in page


LONG = "word " * 4001


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"title": ""}, "Write a title."),
        ({"title": "Too short"}, "9 characters long. Use at least 10"),
        ({"title": "x" * 141}, "141 characters long. Shorten it to 140"),
        ({"title": "\u200e" * 20}, "Write a title."),
        ({"body": ""}, "Write your text."),
        ({"body": "   short   "}, "Use at least 40"),
        ({"body": LONG}, "Shorten it to 20,000"),
        ({"body": "x" * 50 + " " * 20_000}, "Shorten it to 20,000"),
        ({"tags": ""}, "Choose one to five tags"),
        ({"tags": "deal"}, "There is no tag “deal”. Did you mean deals?"),
        ({"tags": "<script>alert(1)</script>"}, "There is no tag “script-alert-1-script”"),
        ({"tags": ",".join(f"t{n}" for n in range(50))}, "Use at most 5 tags"),
        ({"tags": "a1 a2 a3 a4 a5 a6"}, "You entered 6 tags"),
        ({"leaning": None}, "Choose good, bad or mixed."),
        ({"leaning": "terrible"}, "Choose good, bad or mixed."),
        ({"vendor_naming": "somehow"}, "Choose how the vendor appears."),
        ({"vendor_naming": "named"}, "Enter the vendor's name"),
        ({"vendor_naming": "named", "vendor": "<i>Nobody"}, "“&lt;i&gt;Nobody” is not in the catalogue"),
        ({"vendor_naming": "undisclosed", "description": "a big one"}, "Choose the category"),
        ({"vendor_naming": "undisclosed", "category": "hardware"}, "what readers should see"),
        ({"vendor_naming": "undisclosed", "category": "hardware", "description": "a"}, "Use at least 5"),
        ({"vendor_naming": "undisclosed", "category": "hardware", "description": "b" * 81}, "Shorten it to 80"),
        (
            {"vendor_naming": "undisclosed", "category": "hardware", "description": "the NÓRDWALL people"},
            "names Nordwall",
        ),
        ({"identity": "as Marta"}, "Choose how you appear: by name or anonymously."),
    ],
)
def test_every_wrong_field_is_answered_in_words_and_the_rest_kept(
    app: Any, browse: Any, changes: dict[str, Any], words: str
) -> None:
    for slug in ("deals", *(f"a{n}" for n in range(1, 7))):
        make_tag(slug)
    make_category(slug="hardware")
    make_vendor("Nordwall")
    answer = browse(make_member()).post("/posts/new", data=post_form(**changes))
    assert answer.status_code == 422 and words in unescape(answer.text).replace("<i>", "&lt;i&gt;")
    assert "<i>Nobody" not in answer.text
    if "title" not in changes:
        assert value_of(answer.text, "title") == TITLE
    if "body" not in changes:
        assert value_of(answer.text, "body") == BODY
    assert db.session.query(Post).count() == 0


def test_a_preview_shows_the_text_keeps_every_field_and_stores_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_category(slug="hardware", name="Hardware")
    fields = post_form(
        intent="preview",
        vendor_naming="undisclosed",
        category="hardware",
        description="a big one",
        leaning="bad",
        identity="anonymous",
    )
    answer = browse(make_member()).post("/posts/new", data=fields)
    assert answer.status_code == 200 and "<strong>eleven</strong>" in answer.text
    for name in ("title", "body", "description", "submission"):
        assert value_of(answer.text, name) == fields[name]
    assert tags_in(answer.text) == ["deals"]
    for name, value in (("leaning", "bad"), ("vendor_naming", "undisclosed"), ("identity", "anonymous")):
        assert re.search(rf'name="{name}" value="{value}" checked', answer.text)
    assert '<option value="hardware" selected>' in answer.text
    assert db.session.query(Post).count() == 0


def test_without_a_button_nothing_is_published(app: Any, browse: Any) -> None:
    make_tag("deals")
    assert browse(make_member()).post("/posts/new", data=post_form(intent=None)).status_code == 200
    assert db.session.query(Post).count() == 0


def test_the_second_submit_gives_the_page_of_the_first(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader, fields = browse(make_member()), post_form()
    first = reader.post("/posts/new", data=fields)
    again = reader.post("/posts/new", data=fields)
    assert again.location == first.location and the_post().title == TITLE


def test_the_second_submit_of_an_anonymous_post_gives_its_page_too(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader, fields = browse(make_member()), post_form(identity="anonymous")
    assert reader.post("/posts/new", data=fields).location == reader.post("/posts/new", data=fields).location
    assert the_post().author_id is None


def test_a_submission_number_of_somebody_else_tells_and_takes_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    fields = post_form()
    browse(make_member()).post("/posts/new", data=fields)
    preview = browse(make_member()).post("/posts/new", data={**fields, "intent": "preview"})
    assert preview.status_code == 200
    answer = browse(make_member()).post("/posts/new", data={**fields, "title": "Mine, with a stolen number"})
    assert answer.status_code == 302 and db.session.query(Post).count() == 2


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script> and so on, at some length to be long enough",
        '"><img src=x onerror=alert(1)> and so on, at some length to be enough',
        "[a link](javascript:alert(1)) ![picture](https://evil.example/p.png) text",
        "{{ config }} {% raw %} ${7*7} and so on, at some length to be enough",
        "\u202egnp.exe NUL \x00 and controls \x1b[31m, with 𝅘𝅥𝅮 and 日本語 at length",
        "'; DROP TABLE posts; -- and so on, at some length to be long enough",
    ],
)
def test_hostile_text_in_every_field_is_only_text(app: Any, browse: Any, hostile: str) -> None:
    make_category(slug="hardware")
    make_tag("deals")
    fields = post_form(
        title=hostile, body=hostile, vendor_naming="undisclosed", category="hardware", description=hostile
    )
    answer = browse(make_member(name=text.single_line(hostile)[:60])).post("/posts/new", data=fields)
    assert answer.status_code == 302
    for path in (answer.location, "/", "/feed.atom", path_to(the_post(), "feed.atom")):
        page = browse().get(path)
        assert page.status_code == 200
        for bad in ("<script>alert", "<img", 'href="javascript:', "\x00", "\u202e", "\x1b"):
            assert bad not in page.text, (path, bad)


def test_one_endless_word_is_a_title_and_a_text(app: Any, browse: Any) -> None:
    make_tag("deals")
    answer = browse(make_member()).post("/posts/new", data=post_form(title="x" * 140, body="y" * 20_000))
    assert answer.status_code == 302 and browse().get(answer.location).status_code == 200
    assert browse().get("/").status_code == 200


def test_a_megabyte_of_text_is_refused_in_words(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    assert reader.post("/posts/new", data=post_form(body="x" * 900_000)).status_code == 422
    answer = reader.post("/posts/new", data=post_form(body="x" * 1_100_000))
    assert answer.status_code == 413 and "too much at once" in answer.text


def test_a_nul_in_a_hidden_field_harms_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    fields = post_form(submission="a\x00b", vendor="\x00", tier="\x00", category="\x00", tags="de\x00als")
    assert reader.post("/posts/new", data=fields).status_code == 302


def test_a_stranger_is_led_to_sign_in_and_back_to_the_form(app: Any, browse: Any) -> None:
    assert browse().get("/posts/new?vendor=nordwall").location == "/sign-in?next=/posts/new?vendor%3Dnordwall"


def test_writing_about_a_vendor_starts_with_its_name_and_tiers(app: Any, browse: Any) -> None:
    make_vendor("Nordwall Systems", tiers=("Gold",))
    page = browse(make_member()).get("/posts/new?vendor=nordwall-systems").text
    assert value_of(page, "vendor") == "Nordwall Systems" and ">Gold</option>" in page
    assert re.search(r'name="vendor_naming" value="named" checked', page)
    assert browse(make_member()).get("/posts/new?vendor=%3Cscript%3E").status_code == 200
