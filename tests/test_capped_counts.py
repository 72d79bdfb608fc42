"""Pages for staff count up to a limit: how many posts a tag or vendor has costs the same however many there are."""

from forum import templating
from forum.db import capped_count, db
from forum.posts.models import Post
from forum.templating import capped_count_of
from tests.factories import make_member, make_post, make_tag


def test_beyond_the_limit_the_number_has_a_plus(app, browse, monkeypatch):
    tag = make_tag("deals")
    for _ in range(3):
        make_post(tags=[tag])
    admin = browse(make_member(role="admin"))
    assert "3 posts have this tag" in admin.get("/admin/tags/deals").text
    for module in ("forum.db", "forum.templating"):
        monkeypatch.setattr(f"{module}.COUNT_LIMIT", 2)
    assert capped_count(db.select(Post.id)) == 3
    assert "2+ posts have this tag" in admin.get("/admin/tags/deals").text
    assert capped_count_of(1, "post") == "1 post" and capped_count_of(9, "post") == "2+ posts"
    assert templating.count_of(9, "post") == "9 posts"
