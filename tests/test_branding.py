"""Name, tagline and logo of the site, which admins change."""

import io
from typing import Any

import pytest
from flask import Flask

from forum import mail, site
from forum.accounts.models import Member
from forum.db import db
from forum.site import change_setting
from tests.factories import make_member
from tests.query_counts import queries_for

PNG = b"\x89PNG\r\n\x1a\n" + b"rest of the image"


@pytest.fixture
def admin(app: Flask, browse: Any) -> Any:
    return browse(make_member(role="admin"))


def upload(reader: Any, body: bytes, **fields: str) -> Any:
    data = {"logo": (io.BytesIO(body), "logo.png"), "intent": "save", **fields}
    return reader.post("/admin/settings/logo", data=data, content_type="multipart/form-data", follow_redirects=True)


def test_the_name_is_on_pages_in_mail_and_in_feeds_and_is_the_operators_by_default(app: Flask, browse: Any) -> None:
    default = app.config["SITE_NAME"]
    assert default in browse().get("/about").text
    change_setting("site_name", "Partner <Talk>")
    change_setting("tagline", "Nobody pays to be listed.")
    db.session.commit()
    page = browse().get("/about").text
    assert "Partner &lt;Talk&gt;" in page and "Nobody pays to be listed." in page and default not in page
    assert (
        "Partner &lt;Talk&gt;" in browse().get("/feed.atom").text
        or "Partner &lt;Talk&gt;" in browse().get("/feed").text
    )
    letter = mail.enqueue("a@partner.example", "confirm", subject="Hello", link="http://localhost/")
    assert letter is not None and "Partner <Talk>" in letter.text
    change_setting("site_name", "")
    db.session.commit()
    assert default in browse().get("/about").text


def test_a_logo_is_served_at_an_address_that_changes_with_it(app: Flask, browse: Any, admin: Any) -> None:
    assert browse().get("/logo").status_code == 404 and "/logo?" not in browse().get("/about").text
    assert "Logo saved" in upload(admin, PNG).text
    url = f"/logo?v={site.logo_digest()}"
    assert url in browse().get("/about").text
    for reader in (browse(), admin):
        answer = reader.get(url)
        assert (answer.mimetype, answer.data) == ("image/png", PNG)
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert browse().get(url, headers={"If-None-Match": browse().get(url).headers["ETag"]}).status_code == 304
    upload(admin, PNG + b"!")
    assert url not in browse().get("/about").text
    upload(admin, b"", intent="remove")
    assert "/logo?" not in browse().get("/about").text and browse().get("/logo").status_code == 404


@pytest.mark.parametrize("body", [b"", b"<svg onload='x()'/>", b"GIF89a", PNG + b"x" * 64_000])
def test_what_is_no_small_image_is_refused(app: Flask, admin: Any, body: bytes) -> None:
    assert "The logo was not changed" in upload(admin, body).text and site.logo() is None


@pytest.mark.parametrize("body", [PNG, b"\xff\xd8\xff\xe0jpeg", b"RIFF\n\x00\x01\x02WEBPVP8 "])
def test_png_jpeg_and_webp_are_images(app: Flask, admin: Any, body: bytes) -> None:
    upload(admin, body)
    assert site.logo() == (site.logo_mimetype(body), body)


def test_the_logo_costs_a_page_no_query(app: Flask, browse: Any, admin: Any) -> None:
    before = queries_for(browse(), "/about")
    upload(admin, PNG)
    assert queries_for(browse(), "/about") == before


def test_nobody_calls_themselves_like_the_site(app: Flask, browse: Any) -> None:
    change_setting("site_name", "Partner Talk")
    db.session.commit()
    member: Member = make_member()
    fields = {"name": member.name, "job_title": "Partner Talk team", "time_zone": "UTC"}
    assert browse(member).post("/settings", data=fields).status_code == 422
