"""Posts through the browser: write, preview, edit and delete them, useful votes, and what must not work."""

import re
import secrets
from html import unescape
from typing import Any

import pytest

from forum import text
from forum.access import listed_clause
from forum.db import db, now
from forum.posts import actions
from forum.posts.actions import PostSubject
from forum.posts.models import Post, PostTag, Revision, Tag, UsefulVote
from forum.posts.writing import mark_useful
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import (
    make_category,
    make_comment,
    make_member,
    make_post,
    make_tag,
    make_vendor,
    run_concurrently,
)

TITLE = "Eleven deals registered, two came back"
BODY = "We registered **eleven** deals. Nine were approved, two came back to us."


def form(**given: Any) -> dict[str, Any]:
    """Return what a browser sends for a new post, ready to publish."""
    fields = {
        "submission": secrets.token_hex(16),
        "title": TITLE,
        "body": BODY,
        "leaning": "mixed",
        "tags": "deals",
        "vendor_naming": "none",
        "identity": "name",
        "intent": "publish",
    }
    return {name: value for name, value in {**fields, **given}.items() if value is not None}


def path_to(post: Post, end: str = "") -> str:
    return f"/posts/{key_text(post.id)}/{end or post.slug}"


def the_post() -> Post:
    db.session.expire_all()
    return db.session.query(Post).one()


def value_of(page: str, name: str) -> str:
    """Return the value of a page's input or textarea."""
    match = re.search(rf'<input[^>]* name="{name}"[^>]* value="([^"]*)"', page) or re.search(
        rf'<textarea[^>]* name="{name}"[^>]*>\n?([^<]*)</textarea>', page
    )
    assert match, name
    return unescape(match[1])


def test_a_member_writes_by_name_and_everybody_reads_it(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member(name="Marta Aalto", job_title="pre-sales engineer", country="Finland")
    answer = browse(author).post("/posts/new", data=form())
    post = the_post()
    assert answer.status_code == 302 and answer.location == path_to(post)
    page = browse().get(answer.location).text
    for piece in (TITLE, "<strong>eleven</strong>", "Marta Aalto", "pre-sales engineer, Finland", "Mixed", "deals"):
        assert piece in page
    assert post.author_id == author.id and db.session.query(Tag).one().post_count == 1
    assert TITLE in browse().get("/").text


def test_a_post_names_its_vendor_programme_and_tier(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor = make_vendor("Nordwall Systems", tiers=("Silver", "Gold"))
    gold = vendor.programmes[0].tiers[1]
    reader = browse(make_member())
    tiers_page = reader.post("/posts/new", data=form(vendor_naming="named", vendor="nordwall  SYSTEMS", intent="tiers"))
    assert f'<option value="t{gold.id}">Gold</option>' in tiers_page.text and db.session.query(Post).count() == 0
    answer = reader.post("/posts/new", data=form(vendor_naming="named", vendor="Nordwall Systems", tier=f"t{gold.id}"))
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
    answer = reader.post("/posts/new", data=form(vendor_naming="named", vendor="Nordwall", tier=f"t{foreign}"))
    assert answer.status_code == 422 and "not a tier of Nordwall" in answer.text
    reader.post("/posts/new", data=form(vendor_naming="named", vendor="Nordwall", tier=f"p{vendor.programmes[0].id}"))
    assert the_post().programme_id == vendor.programmes[0].id and the_post().tier_id is None


def test_an_undisclosed_vendor_is_described_and_nothing_else_is_kept(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_vendor("Nordwall")
    make_category(slug="hardware", name="Hardware")
    given = form(
        vendor_naming="undisclosed",
        category="hardware",
        description="a large hardware supplier",
        vendor="Nordwall",
        tier="t1",
    )
    answer = browse(make_member()).post("/posts/new", data=given)
    post = the_post()
    assert (post.vendor_id, post.tier_id, post.vendor_description) == (None, None, "a large hardware supplier")
    page = browse().get(answer.location).text
    assert "a large hardware supplier" in page and "vendor undisclosed" in page and "Nordwall" not in page


LONG = "word " * 4001


@pytest.mark.parametrize(
    "given, words",
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
        ({"tags": "a1 a2 a3 a4 a5 a6"}, "These are 6 tags"),
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
        ({"identity": "as Marta"}, "Choose how you appear."),
    ],
)
def test_every_wrong_field_is_answered_in_words_and_the_rest_kept(
    app: Any, browse: Any, given: dict[str, Any], words: str
) -> None:
    for slug in ("deals", *(f"a{n}" for n in range(1, 7))):
        make_tag(slug)
    make_category(slug="hardware")
    make_vendor("Nordwall")
    answer = browse(make_member()).post("/posts/new", data=form(**given))
    assert answer.status_code == 422 and words in unescape(answer.text).replace("<i>", "&lt;i&gt;")
    assert "<i>Nobody" not in answer.text
    if "title" not in given:
        assert value_of(answer.text, "title") == TITLE
    if "body" not in given:
        assert value_of(answer.text, "body") == BODY
    assert db.session.query(Post).count() == 0


def test_a_preview_shows_the_text_keeps_every_field_and_stores_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    make_category(slug="hardware", name="Hardware")
    given = form(
        intent="preview",
        vendor_naming="undisclosed",
        category="hardware",
        description="a big one",
        leaning="bad",
        identity="anonymous",
    )
    answer = browse(make_member()).post("/posts/new", data=given)
    assert answer.status_code == 200 and "<strong>eleven</strong>" in answer.text
    for name in ("title", "body", "tags", "description", "submission"):
        assert value_of(answer.text, name) == given[name]
    for name, value in (("leaning", "bad"), ("vendor_naming", "undisclosed"), ("identity", "anonymous")):
        assert re.search(rf'name="{name}" value="{value}" checked', answer.text)
    assert '<option value="hardware" selected>' in answer.text
    assert db.session.query(Post).count() == 0


def test_without_a_button_nothing_is_published(app: Any, browse: Any) -> None:
    make_tag("deals")
    assert browse(make_member()).post("/posts/new", data=form(intent=None)).status_code == 200
    assert db.session.query(Post).count() == 0


def test_the_second_submit_gives_the_page_of_the_first(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader, given = browse(make_member()), form()
    first = reader.post("/posts/new", data=given)
    again = reader.post("/posts/new", data={**given, "title": "Something else entirely"})
    assert again.location == first.location and the_post().title == TITLE


def test_the_second_submit_of_an_anonymous_post_gives_its_page_too(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader, given = browse(make_member()), form(identity="anonymous")
    assert reader.post("/posts/new", data=given).location == reader.post("/posts/new", data=given).location
    assert the_post().author_id is None


def test_a_submission_number_of_somebody_else_tells_and_takes_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    given = form()
    browse(make_member()).post("/posts/new", data=given)
    preview = browse(make_member()).post("/posts/new", data={**given, "intent": "preview"})
    assert preview.status_code == 200
    answer = browse(make_member()).post("/posts/new", data={**given, "title": "Mine, with a stolen number"})
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
    given = form(title=hostile, body=hostile, vendor_naming="undisclosed", category="hardware", description=hostile)
    answer = browse(make_member(name=text.single_line(hostile)[:60])).post("/posts/new", data=given)
    assert answer.status_code == 302
    for path in (answer.location, "/", "/feed.atom", path_to(the_post(), "feed.atom")):
        page = browse().get(path)
        assert page.status_code == 200
        for bad in ("<script>alert", "<img", 'href="javascript:', "\x00", "\u202e", "\x1b"):
            assert bad not in page.text, (path, bad)


def test_one_endless_word_is_a_title_and_a_text(app: Any, browse: Any) -> None:
    make_tag("deals")
    answer = browse(make_member()).post("/posts/new", data=form(title="x" * 140, body="y" * 20_000))
    assert answer.status_code == 302 and browse().get(answer.location).status_code == 200
    assert browse().get("/").status_code == 200


def test_a_megabyte_of_text_is_refused_in_words(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    assert reader.post("/posts/new", data=form(body="x" * 900_000)).status_code == 422
    answer = reader.post("/posts/new", data=form(body="x" * 1_100_000))
    assert answer.status_code == 413 and "too much at once" in answer.text


def test_a_nul_in_a_hidden_field_harms_nothing(app: Any, browse: Any) -> None:
    make_tag("deals")
    reader = browse(make_member())
    given = form(submission="a\x00b", vendor="\x00", tier="\x00", category="\x00", tags="de\x00als")
    assert reader.post("/posts/new", data=given).status_code == 302


def test_no_title_can_stand_in_the_way_of_a_posts_other_pages(app: Any, browse: Any) -> None:
    rules = (rule.rule.partition("/posts/<key:post_id>/")[2] for rule in app.url_map.iter_rules())
    words = {word for word in rules if word and not word.startswith("<") and "." not in word}
    assert {"edit", "official-reply"} <= words
    for word in words:
        post = make_post(title=f"{word.replace('-', ' ').capitalize()}......")
        answer = browse().get(path_to(post, "x"))
        assert answer.status_code == 301
        page = browse().get(answer.location)
        assert page.status_code == 200 and "<article" in page.text, word


def test_the_address_needs_the_number_only_and_the_slug_is_put_right(app: Any, browse: Any) -> None:
    post = make_post()
    for path in (f"/posts/{key_text(post.id)}/", path_to(post, "wrong-slug")):
        answer = browse().get(path)
        assert answer.status_code == 301 and answer.location == path_to(post)
    query = "?slug=x&post_id=1&_external=1&_scheme=javascript&_anchor=a&from=0000000000"
    answer = browse().get(f"/posts/{key_text(post.id)}/{query}")
    assert answer.status_code == 301 and answer.location == f"{path_to(post)}?from=0000000000"


@pytest.mark.parametrize("key", ["-000000001", "0000000000", "zzzzzzzzzz", "1", "ILOU000000", "١٢٣٤٥٦٧٨٩٠"])
def test_numbers_that_are_nobodys_are_404(app: Any, browse: Any, key: str) -> None:
    make_post()
    reader = browse(make_member())
    for end in ("x", "edit", "delete", "revisions", "reply", "feed.atom"):
        assert reader.get(f"/posts/{key}/{end}").status_code == 404
    assert reader.post(f"/posts/{key}/useful").status_code == 404


def test_the_author_edits_and_what_it_said_before_stays_readable(app: Any, browse: Any) -> None:
    make_tag("deals")
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    author = make_member()
    subject = PostSubject(vendor, vendor.programmes[0], vendor.programmes[0].tiers[0])
    post = make_post(author, subject=subject, title="What it said at first", tags=[make_tag("training")])
    reader = browse(author)
    page = reader.get(path_to(post, "edit")).text
    assert value_of(page, "title") == "What it said at first" and value_of(page, "vendor") == "Nordwall"
    assert value_of(page, "tags") == "training" and "selected>Gold" in page
    answer = reader.post(path_to(post, "edit"), data=form(submission=None, identity=None, leaning="bad"))
    assert answer.status_code == 302
    after = the_post()
    assert (after.title, after.leaning, after.vendor_id, after.programme_id) == (TITLE, "bad", None, None)
    assert after.edited_at is not None and after.author_id == author.id
    assert db.session.get(Vendor, vendor.id).post_count == 0
    assert {tag.slug: tag.post_count for tag in db.session.query(Tag)} == {"deals": 1, "training": 0}
    history = browse().get(path_to(after, "revisions")).text
    assert "What it said at first" in history and "Nordwall, Gold" in history and "#training" in history
    assert "edited" in browse().get(path_to(after)).text


def test_an_edit_that_is_wrong_keeps_what_was_typed_and_changes_nothing(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    answer = browse(author).post(path_to(post, "edit"), data=form(title="short", body="z" * 60, tags="nonsense"))
    assert answer.status_code == 422 and value_of(answer.text, "body") == "z" * 60
    preview = browse(author).post(path_to(post, "edit"), data=form(intent="preview", tags=post.tags[0].slug))
    assert preview.status_code == 200 and "<strong>eleven</strong>" in preview.text
    assert the_post().edited_at is None and db.session.query(Revision).count() == 0


def test_the_second_submit_of_an_edit_makes_no_second_version(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member()
    post = make_post(author)
    for _ in range(2):
        assert browse(author).post(path_to(post, "edit"), data=form(body=BODY + "\r\nMore.")).status_code == 302
    assert db.session.query(Revision).count() == 1


def test_two_edits_at_once_keep_both_texts(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member()
    post = make_post(author, title="What it said at first")
    path, readers = path_to(post, "edit"), [browse(author) for _ in range(3)]
    visits = [
        lambda r=reader, n=n: r.post(path, data=form(title=f"Title of edit {n}")) for n, reader in enumerate(readers)
    ]
    assert {answer.status_code for answer in run_concurrently(*visits)} == {302}
    titles = [the_post().title, *(revision.title for revision in db.session.query(Revision))]
    assert sorted(titles) == ["Title of edit 0", "Title of edit 1", "Title of edit 2", "What it said at first"]
    assert {tag.slug: tag.post_count for tag in db.session.query(Tag)}["deals"] == 1


def test_deleting_twice_at_once_counts_once(app: Any, browse: Any) -> None:
    author, vendor = make_member(), make_vendor("Nordwall")
    post = make_post(author, subject=PostSubject(vendor))
    make_comment(post)
    path, readers = path_to(post, "delete"), [browse(author) for _ in range(3)]
    answers = run_concurrently(*(lambda r=reader: r.post(path) for reader in readers))
    assert sorted(answer.status_code for answer in answers) == [302, 403, 403]
    db.session.expire_all()
    assert db.session.get(Vendor, vendor.id).post_count == 0


def test_nobody_else_edits_or_deletes(app: Any, browse: Any) -> None:
    author = make_member()
    named, anonymous = make_post(author), make_post(author, anonymous=True)
    others = [make_member(), make_member(role="moderator"), make_member(banned_at=now())]
    for post in (named, anonymous):
        for end in ("edit", "delete"):
            stranger = browse().get(path_to(post, end))
            assert stranger.location == f"/sign-in?next={path_to(post, end)}"
            for reader in (browse(other) for other in others):
                assert reader.get(path_to(post, end)).status_code == 403
                assert reader.post(path_to(post, end), data=form()).status_code == 403
    assert db.session.query(Post).filter(listed_clause(Post), Post.edited_at.is_(None)).count() == 2


def test_a_banned_author_loses_the_pen_but_not_the_page(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author)
    author.banned_at = now()
    db.session.commit()
    reader = browse(author)
    assert reader.get(path_to(post)).status_code == 200
    for path in (path_to(post, "edit"), path_to(post, "delete"), "/posts/new"):
        assert reader.get(path).status_code == 403


def test_an_anonymous_author_edits_and_deletes_under_the_pseudonym(app: Any, browse: Any) -> None:
    make_tag("deals")
    author = make_member(name="Marta Aalto")
    reader = browse(author)
    post = make_post(author, anonymous=True)
    assert "Edit</a>" in reader.get(path_to(post)).text
    assert reader.post(path_to(post, "edit"), data=form()).status_code == 302
    after = the_post()
    assert after.title == TITLE and after.author_id is None
    for path in (path_to(after), path_to(after, "revisions"), path_to(after, "feed.atom"), "/"):
        page = browse().get(path).text
        assert "Marta" not in page
    assert reader.post(path_to(after, "delete")).status_code == 302
    assert db.session.query(Post).count() == 0


def test_deleting_an_unanswered_post_leaves_nothing(app: Any, browse: Any) -> None:
    author = make_member()
    vendor = make_vendor("Nordwall")
    post = make_post(author, subject=PostSubject(vendor))
    mark_useful(make_member(), post)
    actions.edit_post(post, title=post.title, body=BODY, leaning="bad", tags=post.tags, subject=PostSubject(vendor))
    path = path_to(post, "delete")
    assert "There are no replies" in browse(author).get(path).text
    answer = browse(author).post(path)
    assert answer.location == "/"
    for kind in (Post, PostTag, Revision, UsefulVote):
        assert db.session.query(kind).count() == 0
    assert db.session.query(Vendor).one().post_count == 0 and db.session.query(Tag).one().post_count == 0
    assert browse(author).get(path).status_code == 404


def test_deleting_an_answered_post_leaves_a_tombstone_and_the_replies(app: Any, browse: Any) -> None:
    author, other = make_member(name="Marta Aalto"), make_member()
    vendor = make_vendor("Nordwall", tiers=("Gold",))
    post = make_post(author, title="Something to regret later", subject=PostSubject(vendor, vendor.programmes[0]))
    comment = make_comment(post, other, body="A reply that stays.")
    old = path_to(post)
    browse(author).post(path_to(post, "delete"))
    page = browse().get(old, follow_redirects=True).text
    for word in ("Something to regret", "Marta", "Nordwall", "eleven deals"):
        assert word not in page
    assert "Removed by its author" in page and "A reply that stays." in page and "noindex" in page
    assert "Something" not in browse().get("/").text and db.session.get(Vendor, vendor.id).post_count == 0
    after = the_post()
    for end, code in (("edit", 403), ("delete", 403), ("revisions", 404), ("feed.atom", 404)):
        assert browse(author).get(path_to(after, end)).status_code == code
    reply = browse(other).post(path_to(after, "reply"), data={"body": "Too late?", "intent": "publish"})
    assert reply.status_code == 403 and "closed to new replies" in reply.text and "Too late?" in reply.text
    assert "data-reply-form" not in browse(other).get(path_to(after)).text
    page = browse(other).get(path_to(after)).text
    assert f"/replies/{key_text(comment.id)}/edit" in page, "one's reply under a tombstone stays one's own"


def test_a_hidden_post_is_there_for_its_author_and_moderators_only(app: Any, browse: Any) -> None:
    author = make_member()
    post = make_post(author, title="Hidden while looked at", subject=PostSubject(make_vendor("Nordwall")))
    post.hidden_at = now()
    db.session.commit()
    tag = post.tags[0].slug
    for reader in (browse(), browse(make_member())):
        for end in ("", "revisions", "feed.atom"):
            assert reader.get(path_to(post, end)).status_code == 404
        assert reader.post(path_to(post, "useful")).status_code in (401, 404)
        for path in ("/", "/feed.atom", f"/tags/{tag}", f"/tags/{tag}/feed.atom", "/vendors/nordwall"):
            assert "Hidden while" not in reader.get(path).text
    for reader in (browse(author), browse(make_member(role="moderator"))):
        page = reader.get(path_to(post)).text
        assert "Hidden while a moderator reviews it" in page and "noindex" in page
        assert "data-reply-form" not in page and ">Edit</a>" not in page and "Useful</button>" not in page
    for other in (make_member(), make_member(role="moderator"), author):
        assert browse(other).get(path_to(post, "edit")).status_code in (403, 404)


def test_useful_marks_count_once_for_each_member_and_can_be_taken_back(app: Any, browse: Any) -> None:
    post = make_post()
    readers = [browse(make_member()) for _ in range(2)]
    for reader in readers:
        for _ in range(2):
            assert reader.post(path_to(post, "useful"), data={"intent": "mark"}).status_code == 302
    assert the_post().useful_count == 2
    assert 'aria-pressed="true"' in readers[0].get(path_to(post)).text
    for _ in range(2):
        readers[0].post(path_to(post, "useful"), data={"intent": "unmark"})
    assert the_post().useful_count == 1 and db.session.query(UsefulVote).count() == 1


@pytest.mark.parametrize("anonymous", [False, True])
def test_nobody_marks_their_own_writing_under_any_name(app: Any, browse: Any, anonymous: bool) -> None:
    author = make_member()
    post = make_post(author, anonymous=anonymous)
    reader = browse(author)
    assert reader.post(path_to(post, "useful"), data={"intent": "mark"}).status_code == 403
    assert f'action="{path_to(post, "useful")}"' not in reader.get(path_to(post)).text
    assert the_post().useful_count == 0


def test_related_posts_share_the_vendor_or_a_tag_and_hidden_ones_are_not_among_them(app: Any, browse: Any) -> None:
    vendor, tag = make_vendor("Nordwall"), make_tag("deals")
    post = make_post(subject=PostSubject(vendor), tags=[tag])
    make_post(title="By the same vendor here", subject=PostSubject(vendor))
    make_post(title="With the same tag here", tags=[tag])
    make_post(title="With both of them here", subject=PostSubject(vendor), tags=[tag, make_tag()])
    make_post(title="Neither one of them here")
    hidden = make_post(title="Hidden from everybody", tags=[tag])
    hidden.hidden_at = now()
    db.session.commit()
    page = browse().get(path_to(post)).text
    titles = re.findall(r'<li class="rel">\s*<a [^>]*>([^<]*)</a>', page)
    assert titles == ["With both of them here", "By the same vendor here", "With the same tag here"]


def test_a_stranger_is_led_to_sign_in_and_back_to_the_form(app: Any, browse: Any) -> None:
    assert browse().get("/posts/new?vendor=nordwall").location == "/sign-in?next=/posts/new?vendor%3Dnordwall"


def test_writing_about_a_vendor_starts_with_its_name_and_tiers(app: Any, browse: Any) -> None:
    make_vendor("Nordwall Systems", tiers=("Gold",))
    page = browse(make_member()).get("/posts/new?vendor=nordwall-systems").text
    assert value_of(page, "vendor") == "Nordwall Systems" and ">Gold</option>" in page
    assert re.search(r'name="vendor_naming" value="named" checked', page)
    assert browse(make_member()).get("/posts/new?vendor=%3Cscript%3E").status_code == 200
