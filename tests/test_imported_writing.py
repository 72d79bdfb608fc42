"""An import speaks for nobody who has an account: the owner of an address decides on the site."""

from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select

from forum.accounts.models import Member
from forum.db import db, now
from forum.imports.queries import stand_ins_of
from forum.mail import Mail
from forum.pages.leaving.actions import delete_account
from tests.factories import make_member, make_representative, make_vendor
from tests.wordpress import comment, export_with, import_file, imported_post, item, thread_of

BLOG = "https://made.example"


def export_under_addresses(tmp_path: Path, *addresses: str) -> Path:
    comments = [
        comment(n, author="Whoever", email=address, body="Never trust this site.")
        for n, address in enumerate(addresses, 10)
    ]
    return export_with(tmp_path, item(1, *comments))


def test_an_address_that_anybody_can_type_signs_for_no_account(app: Flask, tmp_path: Path) -> None:
    moderator = make_member(role="moderator", name="Fiona MacKay", email="fiona@forum.example")
    speaker = make_representative(make_vendor("Nordwall"))
    assert speaker.email
    author = make_member(email="ann@made.example")  # of the blog's own list of authors
    before = {member.id for member in db.session.scalars(select(Member))}
    report = import_file(export_under_addresses(tmp_path, "FIONA@forum.example ", speaker.email), drafts=True)
    post = imported_post("made.example post 1")
    author_ids = {post.author_id, *(reply.author_id for reply in thread_of(post))}
    assert not author_ids & before and len(author_ids) == 3 and report.members == 3
    for owner in (moderator, speaker, author):
        assert [(row.name, row.post_count + row.comment_count) for row in stand_ins_of(owner)] in (
            [("Whoever", 1)],
            [("Ann", 1)],
        )
    assert all(member.email is None for member in db.session.scalars(select(Member).where(Member.id.in_(author_ids))))


def test_another_run_finds_the_same_unclaimed_member_and_a_namesake_is_another(app: Flask, tmp_path: Path) -> None:
    make_member(email="jo@x.example")
    import_file(export_under_addresses(tmp_path, "jo@x.example", ""))
    import_file(export_under_addresses(tmp_path, "jo@x.example", "", "jo@x.example", ""))
    replies = {
        str(reply.imported_from)[-2:]: reply.author_id for reply in thread_of(imported_post("made.example post 1"))
    }
    assert replies["10"] == replies["12"] != replies["11"] == replies["13"]


def test_the_owner_takes_the_writing_over_on_the_site(app: Flask, browse: Any, tmp_path: Path) -> None:
    owner, other = make_member(email="jo@x.example", name="Jo Brandt"), make_member()
    import_file(export_under_addresses(tmp_path, "jo@x.example"))
    slug = stand_ins_of(owner)[0].slug
    reader, path = browse(owner), f"/settings/imported/{slug}"
    assert "/settings/imported" in reader.get("/settings").text
    assert "1 reply" in reader.get("/settings/imported").text
    assert "/settings/imported" not in browse(other).get("/settings").text
    assert browse(other).post(path, data={"intent": "take over"}).status_code == 404
    assert browse().post(path, data={"intent": "take over"}).status_code == 401
    assert reader.get(path).status_code == 405
    assert reader.post(path, data={"intent": "take over"}).status_code == 302
    reply = thread_of(imported_post("made.example post 1"))[0]
    assert reply.author_id == owner.id
    assert db.session.scalar(select(Member).where(Member.slug == slug)) is None
    assert reader.post(path, data={"intent": "take over"}).status_code == 404
    assert "Nothing to decide" in reader.get("/settings/imported").text


def test_the_owner_says_no_and_is_asked_no_more(app: Flask, browse: Any, tmp_path: Path) -> None:
    owner = make_member(email="jo@x.example")
    import_file(export_under_addresses(tmp_path, "jo@x.example"))
    slug = stand_ins_of(owner)[0].slug
    browse(owner).post(f"/settings/imported/{slug}", data={"intent": "decline"})
    assert stand_ins_of(owner) == []
    assert thread_of(imported_post("made.example post 1"))[0].author_id != owner.id
    assert browse(owner).post(f"/settings/imported/{slug}", data={"intent": "take over"}).status_code == 404
    report = import_file(export_under_addresses(tmp_path, "jo@x.example"), invite=True)
    assert report.invited == 1 and stand_ins_of(owner) == []  # the blog's author, who has no account


def test_whoever_leaves_leaves_no_trace_at_imported_writing(app: Flask, tmp_path: Path) -> None:
    owner = make_member(email="jo@x.example")
    import_file(export_under_addresses(tmp_path, "jo@x.example"))
    delete_account(owner, keep_signed=True)
    db.session.commit()
    assert db.session.scalar(select(Member).where(Member.imported_for_id.is_not(None))) is None


def test_a_suspended_member_decides_later(app: Flask, browse: Any, tmp_path: Path) -> None:
    owner = make_member(email="jo@x.example", banned_at=now())
    import_file(export_under_addresses(tmp_path, "jo@x.example"))
    path = f"/settings/imported/{stand_ins_of(owner)[0].slug}"
    assert browse(owner).post(path, data={"intent": "take over"}).status_code == 403


def test_an_invitation_asks_the_owner_and_leads_to_the_page(app: Flask, tmp_path: Path) -> None:
    make_member(email="jo@x.example", name="Jo Brandt")
    import_file(export_under_addresses(tmp_path, "jo@x.example"), invite=True)
    mails = {mail.to_address: mail for mail in db.session.scalars(select(Mail))}
    assert set(mails) == {"jo@x.example", "ann@made.example"}
    assert "/settings/imported" in mails["jo@x.example"].text
