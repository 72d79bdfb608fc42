"""The community that the journeys find: the demo's, and beside it pages in every state that looks different.

Run as a program with FORUM_INSTANCE set: fills the database there and writes `places.json`, the address of each page.
"""

import json
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import flask_migrate
from flask import url_for

from forum import create_app
from forum.accounts.actions import create_member
from forum.accounts.models import Member
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.demo.actions import PASSWORD, fill
from forum.moderation.cases import open_case
from forum.moderation.decisions.actions import apply_action, decide
from forum.moderation.flags.actions import flag
from forum.moderation.models import Case
from forum.moderation.notices.actions import answer_notice, confirm_notice, send_notice
from forum.moderation.notices.senders import confirmation_token as confirming
from forum.posts.actions import PostSubject, delete_post, edit_post, write_post
from forum.posts.writing import mark_useful
from forum.posts.comment_actions import delete_comment, edit_comment, write_comment
from forum.posts.models import Comment, Post
from forum.posts.tags.queries import tags_by_word
from forum.posts.visibility import hold
from forum.vendors.actions import add_programme, add_vendor, propose_vendor
from forum.vendors.models import Vendor
from forum.vendors.queries import categories
from forum.vendors.representative_actions import request_representation

# Each journey that writes has a member of its own, so that no limit is reached and no two meet.
WALKERS = [
    "Ines Field",
    "Tomas Brandt",
    "Noor Haddad",
    "Piet Maas",
    "Gwen Ashdown",
    "Rashid Karim",
    "Olga Reuter",
    "Yara Keller",
    "Zeno Keller",
    "Quinn Unsaid",
    "Sven Unsaid",
    "Vera Flagged",
    "Walt Watchful",
]
LONG = "Wärmepumpenförderungsantragsbearbeitungs" * 8
EVERYTHING = """\
A paragraph with **bold**, *italic*, `code`, ~~struck~~ and a link: https://example.com/a/rather/long/path

## A heading
- one
- two
  - two and a half

1. first
2. second

> Registration confirms that you were first. It does not prevent other partners from quoting.

| Tier | Certified people | Training, a head | Annual fee | Revenue target a year | Hours on webinars |
| --- | --- | --- | --- | --- | --- |
| Silver | 4 | €1,500 | €1,500 | €150,000 | 40 |
| Gold | 8 | €2,100 | €4,500 | €600,000 | 70 |

    a block of code with one very long line that goes on and on and on and on and on and on and on and on and on
"""
_n = count(1)


def build(folder: Path) -> None:
    """Everything, in one transaction, and the file of addresses."""
    flask_migrate.upgrade()
    fill()
    walkers = {name.split()[0].lower(): _walker(name) for name in WALKERS}
    places = _posts(walkers) | _vendors() | _members(walkers["ines"]) | _cases(walkers) | _notices(walkers)
    db.session.commit()
    (folder / "places.json").write_text(json.dumps(places))


def _walker(name: str) -> Member:
    """Somebody who has been here for a while: a new member's first text would wait for a moderator."""
    walker = create_member(name=name, email=f"{name.split()[0].lower()}@walkers.example", password=PASSWORD)
    walker.vouched_at = now()
    return walker


def _posts(walkers: dict[str, Member]) -> dict[str, str]:
    ines, tomas, noor = walkers["ines"], walkers["tomas"], walkers["noor"]
    quiet = _post(ines, title="Who pays for the second exam attempt?", body=EVERYTHING)
    edit_post(quiet, title=quiet.title, body=EVERYTHING + "\nAnd a sentence more.", leaning="bad", tags=_tags())
    hidden = _anonymous(tomas)
    hidden.hidden_at = now()
    unseen = write_comment(quiet, tomas, body="This stays with its author.", at=now())
    reply = write_comment(quiet, noor, body="First I said this.", at=now())
    edit_comment(reply, body="Then I said that.")
    gone = _post(ines, title="Removed by its author, with a reply beneath")
    write_comment(gone, noor, body="The answer stays.", at=now())
    delete_post(gone)
    delete_comment(unseen)
    long = _long(tomas)
    fifty, many = _threaded(walkers, 50), _threaded(walkers, 200)
    return {
        "post, its kinds of text": _to(quiet),
        "post, anonymous": _to(_anonymous(noor)),
        "post, fifty replies": _to(fifty),
        "post, two hundred replies": _to(many),
        "post, no replies": _to(_post(tomas, title="Nobody has answered this one yet")),
        "post, long words": _to(long),
        "post, removed": _to(gone),
        "post, hidden": _to(hidden),
        "post, closed": url_for("comments.new", post_id=gone.id),
        "earlier versions": url_for("posts.revisions", post_id=quiet.id),
        "earlier versions of a reply": url_for("comments.revisions", comment_id=reply.id),
        "edit": url_for("posts.edit", post_id=quiet.id),
        "delete": url_for("posts.delete", post_id=quiet.id),
        "reply": url_for("comments.new", post_id=fifty.id),
        "feed of a post": url_for("feeds.post", post_id=fifty.id),
        **_replies(fifty, ines),
    }


def _replies(post: Post, author: Member) -> dict[str, str]:
    own = write_comment(post, author, body="Mine, to be changed.", at=now())
    top = db.session.query(Comment).filter_by(post_id=post.id, depth=0, deleted_at=None).first()
    return {
        "edit a reply": url_for("comments.edit", comment_id=own.id),
        "delete a reply": url_for("comments.delete", comment_id=own.id),
        "permalink": url_for("comments.show", comment_id=own.id),
        "reply to a reply": f"{url_for('comments.new', post_id=post.id)}?to={_key(top)}",
    }


def _key(comment: Any) -> str:
    return url_for("comments.show", comment_id=comment.id).rsplit("/", 1)[1]


def _tags(*names: str) -> list[Any]:
    return list(tags_by_word(list(names or ("exam-renewal", "training-cost"))).values())


def _post(author: Member, **given: Any) -> Post:
    body = "We registered eleven deals. Nine were approved. Four of those were still ours at the order."
    return write_post(author, **{"body": body, "leaning": "mixed", "tags": _tags(), "at": now(), **given})


def _anonymous(author: Member) -> Post:
    about = PostSubject(category=categories()[0], description="a large hardware supplier")
    return _post(author, title=f"They moved the threshold in July, part {next(_n)}", subject=about, anonymous=True)


def _long(author: Member) -> Post:
    """Every word as long as the site allows."""
    author.job_title, author.company, author.country = LONG[:80], LONG[:80], LONG[:60]
    vendor = add_vendor(name=LONG[1:81], category=categories()[1], description=LONG[:300], aliases=[LONG[2:82]])
    programme = add_programme(vendor, LONG[3:83], [(LONG[:60], 4, 1500, 1500, 150000), ("Gold", 8, None, 0, None)])
    db.session.refresh(vendor)
    about = PostSubject(vendor, programme, programme.tiers[0])
    member = create_member(name=LONG[:60], email="long@walkers.example", password=PASSWORD)
    member.job_title, member.company, member.country = LONG[:80], LONG[:80], LONG[:60]
    post = _post(member, title=LONG[:140], body=f"{LONG[:300]}\n\n## {LONG[:300]}\n\n- {LONG[:300]}", subject=about)
    parent = None
    for _ in range(6):
        parent = write_comment(post, member, body=f"{LONG[:300]} `{LONG[:300]}`", parent=parent, at=now())
    described = PostSubject(category=categories()[0], description=LONG[:80])
    _post(author, title=f"x{LONG[:139]}", body=LONG[:300], subject=described)
    return post


def _threaded(walkers: dict[str, Member], replies: int) -> Post:
    """A thread with branches, side by side below the deepest level, anonymous voices and a removed reply."""
    people = list(walkers.values())
    post = _post(people[6], title=f"Is the partner status worth it? {replies} answers", anonymous=replies > 100)
    told: list[Comment] = []
    for n in range(replies):
        parent = told[-1] if n % 9 in (1, 2, 3, 4, 5, 6) else told[-3] if n % 9 == 7 else None
        body = f"Answer {n}: the margin is real, the deal protection is not. " * (1 + n % 4)
        told.append(write_comment(post, people[n % 7], body=body, parent=parent, anonymous=n % 5 == 2, at=now()))
    mark_useful(people[0], told[1])
    delete_comment(told[10])
    told[13].hidden_at = now()
    return post


def _to(post: Post) -> str:
    return url_for("posts.show", post_id=post.id, slug=post.slug)


def _vendors() -> dict[str, str]:
    kinds = categories()
    long = db.session.query(Vendor).filter_by(name=LONG[1:81]).one()
    bare = add_vendor(name="Bare Ridge", category=kinds[0])
    for name in ("Lantern Mail", LONG[:80]):
        propose_vendor(name=name, category=kinds[2], website="lantern.example", programme="Beam", description="Mail for all.")
    tier = long.programmes[0].tiers[0]
    return {
        "admin, vendor": url_for("admin.vendor_page", slug=long.slug),
        "admin, merge": url_for("admin.merge_vendor", slug=long.slug),
        "admin, programme": url_for("admin.programme", programme_id=tier.programme_id),
        "admin, remove a programme": url_for("admin.remove_programme", number=tier.programme_id),
        "admin, tier": url_for("admin.tier", tier_id=tier.id),
        "admin, remove a tier": url_for("admin.remove_tier", tier_id=tier.id),
        "vendor without anything": url_for("pages.vendor", slug=bare.slug),
        "vendor, long words": url_for("pages.vendor", slug=long.slug),
        "proposed vendor": url_for("pages.vendor", slug="lantern-mail"),
    }


def _members(ines: Member) -> dict[str, str]:
    joined = Member(name="Just Joined", slug="just-joined", email="just@walkers.example", password_hash="x")
    moved = create_member(name="Moved In", email="moved@walkers.example")
    db.session.add(joined)
    db.session.flush()
    links = {"confirm": joined, "password": ines, "claim": moved}
    return {
        "member": url_for("pages.member", slug=ines.slug),
        "admin, member": url_for("admin.member", slug=ines.slug),
        "member, moved in": url_for("pages.member", slug=moved.slug),
        "confirm": url_for("accounts.confirm", token=token_for(links["confirm"], "confirm")),
        "new password": url_for("accounts.new_password", token=token_for(links["password"], "password")),
        "claim": url_for("accounts.claim", token=token_for(links["claim"], "claim")),
        "new e-mail": url_for("accounts.new_email", token=token_for(ines, "email", "ines.field@walkers.example")),
        "member, long words": url_for(
            "pages.member", slug=db.session.query(Member).filter_by(email="long@walkers.example").one().slug
        ),
    }


def _cases(walkers: dict[str, Member]) -> dict[str, str]:
    """What waits for a moderator: twenty reported replies, one held text; and a decision that was made already."""
    vera, walt = walkers["vera"], walkers["walt"]
    post = _post(walt, title="Twenty answers, all of them reported")
    for n in range(20):
        reply = write_comment(post, vera, body=f"Answer {n}: ask Jan Klaassen at home.", anonymous=n % 4 == 3, at=now())
        flag(walt, reply, rule=3, message=f"Number {n} names him.")
    held = _post(walt, title="Held until somebody has looked")
    hold(held, "The first text of a new member. A moderator reads it before others do.")
    gone = write_comment(_post(walt, title="With a removed answer"), walkers["ines"], body="Gone by now.", at=now())
    reason = "It makes somebody recognisable who has no public role. Write of the role."
    made = apply_action(gone, None, action="remove", rule=3, facts=LONG, reason=f"{reason} {LONG}", source="flag")
    case = open_case("flag", held, "Opened by a moderator")
    case.opened_at += timedelta(hours=1)  # behind the twenty, which somebody decides meanwhile
    return _speakers() | {
        "case": url_for("moderation.case", case_id=case.id),
        "removed reply": url_for("comments.show", comment_id=gone.id),
        "report": url_for("flags.post", post_id=post.id),
        "statement": url_for("statements.show", number=made.id),
        "log entry": url_for("log.entry", number=made.id),
    }


def _notices(walkers: dict[str, Member]) -> dict[str, str]:
    """What somebody outside says: not confirmed yet, waiting and overdue, decided, with an answer, objected to."""
    noor, walt = walkers["noor"], walkers["walt"]
    post = _anonymous(noor)
    reply = write_comment(_post(walt, title="With a disputed answer"), noor, body="They closed it in July.", at=now())

    def sent(item: Any) -> Any:
        said = {"name": LONG[:100], "email": "sender@outside.example", "complaint": f"We did not close it. {LONG}"}
        return send_notice(item, **said, unlawful=True, law=LONG[:200])

    def decided(notice: Any, action: str) -> None:
        case = db.session.query(Case).filter_by(notice_id=notice.id, closed_at=None).one()
        decide(case, walkers["olga"], action=action, rule=4, facts=LONG, reason=f"The terms of July say so. {LONG}")

    waiting, late, fresh, done, other = (sent(item) for item in (post, post, post, reply, post))
    secrets = {notice: confirm_notice(notice) for notice in (waiting, late, fresh, done)}
    late.due_at = now() - timedelta(days=3)
    answer_notice(waiting, f"It stands in the terms. {LONG}")
    decided(done, "decline")
    db.session.flush()
    return {
        "notice, to confirm": url_for("notices.confirm", token=confirming(other)),
        "notice, waiting": url_for("notices.show", secret=secrets[waiting]),
        "notice, decided": url_for("notices.show", secret=secrets[done]),
        "post, disputed": _to(post),
        "notices about one's own": url_for("notices.about_post", post_id=post.id),
        "notice case": url_for(
            "moderation.case", case_id=db.session.query(Case).filter_by(notice_id=waiting.id).one().id
        ),
    }


def _speakers() -> dict[str, str]:
    """Who asks to speak for Northwind, and what its representative of the demo has to answer."""
    vendor = db.session.query(Vendor).filter_by(slug="northwind-storage").one()
    asking = create_member(name="Sigrid Asking", email="sigrid@northwind-storage.example", password=PASSWORD)
    request_representation(asking, vendor, title="Partner manager")
    create_member(name="Odd Colleague", email="odd@northwind-storage.example", password=PASSWORD)
    halcyon = db.session.query(Vendor).filter_by(slug="halcyon-virtual").one()
    for name in ("Hanne", "Harald"):  # they walk the whole way
        _post(asking, title=f"What Halcyon owes {name}", subject=PostSubject(halcyon))
        create_member(name=f"{name} Voice", email=f"{name.lower()}@halcyon-virtual.example", password=PASSWORD)
    post = db.session.query(Post).filter_by(title="The Northwind rebate for last year arrived in August").one()
    voice = db.session.query(Member).filter_by(represents_id=vendor.id).one()
    answered = db.session.query(Comment).filter_by(official_vendor_id=vendor.id).one().post
    request = db.session.query(Case).filter_by(kind="representative").one()
    return {
        "post, with an official reply": _to(answered),
        "post, to be answered": _to(post),
        "official reply": url_for("official_replies.new", post_id=post.id),
        "official reply, given": url_for("official_replies.new", post_id=answered.id),
        "request of a vendor": url_for("moderation.case", case_id=request.id),
        "end of a representative": url_for("representative_decisions.end", slug=voice.slug),
        "member, speaks for a vendor": url_for("pages.member", slug=voice.slug),
    }


if __name__ == "__main__":
    app = create_app()
    with app.app_context(), app.test_request_context():
        build(Path(app.config["INSTANCE"]))
