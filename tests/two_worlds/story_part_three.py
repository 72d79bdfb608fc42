"""The last part of the story: a notice, the vendor's reply, deletions, and a member who leaves."""

from forum.accounts.tokens import token_for
from forum.db import db
from forum.moderation.models import Notice
from forum.moderation.notices.senders import confirmation_token
from forum.urls import key_text
from forum.vendors.models import Vendor
from tests.factories import PASSWORD, make_representative
from tests.two_worlds.stage import Stage
from tests.two_worlds.story import BOTH, post_fields, sign_in, step
from tests.two_worlds.story_part_two import STORY

__all__ = ["STORY"]


@step()
def an_outsider_sends_a_notice(stage: Stage) -> None:
    where = f"http://localhost{stage.path(stage.post('How Northwind'))}/"
    why = "The second line says that approval came late. It came in June, as our records show."
    sender = {"name": "Lena Lawful", "email": "lena@northwind.example", "good_faith": "y", "claim": "wrong"}
    stage.send("stranger", "/notices/new", url=where, complaint=why, submission="b" * 32, **sender)


@step()
def the_notice_is_confirmed(stage: Stage) -> None:
    stage.run()
    stage.send("stranger", f"/notices/confirm/{confirmation_token(db.session.query(Notice).one())}")


@step(24)
def first_author_answers_the_notice(stage: Stage) -> None:
    notice = db.session.query(Notice).one()
    assert (
        stage.browser(stage.first_author).get(f"/notices/about/post/{key_text(notice.post_id or 0)}").status_code == 200
    )
    answer = "Our records say August, and ours are signed by you."
    stage.send_anonymously(stage.first_author, f"/notices/{key_text(notice.id)}/answer", body=answer)
    db.session.refresh(notice)
    assert notice.answer == answer


@step()
def the_notice_is_decided(stage: Stage) -> None:
    stage.decide("max", stage.post("How Northwind"), "notice", action="decline", rule="")
    stage.run()


@step()
def the_vendor_replies(stage: Stage) -> None:
    vendor = db.session.query(Vendor).filter_by(name="Northwind").one()
    make_representative(vendor, name="Nils Northwind", slug="nils-northwind", email="nils@northwind.example")
    path = stage.path(stage.post("How Northwind"), "/official-reply")
    stage.send("nils", path, body="It is in work, and we will say here when it is done. " * 2, intent="publish")


@step()
def there_is_news_for_both(stage: Stage) -> None:
    stage.send("eve", "/posts/new", **post_fields("Desktops in winter", "None of them moved. " * 5, tags="vdi"))


@step(24)
def both_sign_in_once_more(stage: Stage) -> None:
    sign_in(stage)


@step()
def first_author_deletes_a_reply(stage: Stage) -> None:
    stage.send_anonymously(stage.first_author, stage.path(stage.reply("The second one"), "/delete"))


@step(24)
def first_author_writes_again_and_is_held(stage: Stage) -> None:
    under = stage.path(stage.post("Forms"), "/reply")
    stage.send_anonymously(stage.first_author, under, body="None of ours did.", identity="anonymous", intent="publish")
    assert stage.reply("None of ours").hidden_at


@step(24)
def both_reset_their_passwords_by_mail(stage: Stage) -> None:
    """From now on a reader of either mailbox sees the same pages, whoever wrote anonymously."""
    for first in BOTH:
        stage.browsers[first] = stage.app.test_client()
        link = f"/new-password/{token_for(stage.member(first), 'password')}"
        stage.send(first, link, password="wet stone quiet harbour")
    stage.run()


@step(24)
def another_member_exports_everything_and_leaves(stage: Stage) -> None:
    answer = stage.send("carol", "/settings/data", 200, current_password=PASSWORD, remember="y")
    stage.exported_lines = answer.text.split("\n")
    assert "The rebate came late" in answer.text
    stage.send("carol", "/settings/leave", current_password=PASSWORD, named="keep", anonymous="keep")


@step(24, readers="stranger dan mona ada nils alice bob")
def the_last_morning(stage: Stage) -> None:
    stage.run("publish_scores", "send_digests")
    stage.run()
