"""Add to the demo community a page for every state that looks different.

Run as a program with FORUM_INSTANCE set: fill that folder and write `places.json`, the address of each page by name.
"""

import json
import os
from pathlib import Path
from typing import Any

from flask import url_for

from forum import create_app
from forum.accounts.actions import create_member
from forum.accounts.lock_actions import lock_anonymous_writing
from forum.accounts.models import Member, Passkey
from forum.accounts.recovery_phrase import replace_recovery_phrase
from forum.accounts.tokens import token_for
from forum.accounts.work_domain_actions import SALT, _mark
from forum.db import db, now
from forum.demo.actions import PASSWORD
from forum.legal.actions import save_legal_text
from forum.posts.actions import PostSubject, delete_post, edit_post
from forum.posts.comment_actions import delete_comment, edit_comment, write_comment
from forum.posts.models import Comment, Post
from forum.posts.recounts import settle_recounts
from forum.posts.writing import mark_useful
from forum.signed_tokens import sign_token
from forum.site import change_setting
from forum.vendors.actions import add_programme, add_vendor, propose_vendor
from forum.vendors.models import Vendor
from forum.vendors.queries import categories
from tests.built import copy_of_demo
from tests.journeys.texts import EVERYTHING, LONG, path_of, publish_anonymous_post, publish_post, some_tags
from tests.journeys.world_moderation import add_cases, add_notices

# Each journey that writes has its own member, so that no limit is reached and no two journeys meet.
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
    "Lotte Locked",
    "Kim Keyholder",
    "Karl Keyring",
    "Rosa Quick",
    "Rolf Quick",
]


def build(folder: Path) -> None:
    """Add everything in one transaction, count what it changed, and write the file of addresses."""
    change_setting("anonymous_percent_held", 0)  # no journey waits at random
    walkers = {name.split()[0].lower(): _walker(name) for name in WALKERS}
    walkers["karl"].passkeys.append(Passkey(name="A key on a ring", credential_id="AAAA", public_key="AAAA"))
    replace_recovery_phrase(walkers["lotte"])
    lock_anonymous_writing(walkers["lotte"])
    save_legal_text("imprint", "**Ada Chief**\n\n1 Long Lane, Harbour Town", based_on=None)
    places = _posts(walkers) | _vendors() | _members(walkers["ines"]) | add_cases(walkers) | add_notices(walkers)
    token = sign_token(SALT, ["walkers.example", _mark(walkers["noor"])])
    places["company, to confirm"] = url_for("work_domain.confirm", token=token)
    db.session.commit()
    settle_recounts(db.session.commit)
    (folder / "places.json").write_text(json.dumps(places))


def _walker(name: str) -> Member:
    """Return a member who is not new: a new member's first text waits for a moderator."""
    walker = create_member(name=name, email=f"{name.split()[0].lower()}@walkers.example", password=PASSWORD)
    walker.vouched_at = now()
    return walker


def _posts(walkers: dict[str, Member]) -> dict[str, str]:
    ines, tomas, noor = walkers["ines"], walkers["tomas"], walkers["noor"]
    hidden = publish_anonymous_post(tomas)
    hidden.hidden_at = now()
    deleted = publish_post(ines, title="Removed by its author, with a reply beneath")
    write_comment(deleted, noor, body="The answer stays.", at=now())
    delete_post(deleted)
    fifty = _threaded(walkers, 50)
    return {
        "post, anonymous": path_of(publish_anonymous_post(noor)),
        "post, fifty replies": path_of(fifty),
        "post, 230 replies": path_of(_threaded(walkers, 230)),
        "post, no replies": path_of(publish_post(tomas, title="Nobody has answered this one yet")),
        "post, long words": path_of(_long(tomas)),
        "post, removed": path_of(deleted),
        "post, hidden": path_of(hidden),
        "post, closed": url_for("comments.new", post_id=deleted.id),
        "reply": url_for("comments.new", post_id=fifty.id),
        "feed of a post": url_for("feeds.post", post_id=fifty.id),
        **_edited_post(ines, tomas, noor),
        **_replies(fifty, ines),
    }


def _edited_post(ines: Member, tomas: Member, noor: Member) -> dict[str, str]:
    """Publish a post with every kind of text, earlier versions of it and of a reply, and a deleted reply."""
    post = publish_post(ines, title="Who pays for the second exam attempt?", body=EVERYTHING)
    edit_post(post, title=post.title, body=EVERYTHING + "\nAnd a sentence more.", leaning="bad", tags=some_tags())
    deleted = write_comment(post, tomas, body="This stays with its author.", at=now())
    reply = write_comment(post, noor, body="First I said this.", at=now())
    edit_comment(reply, body="Then I said that.")
    delete_comment(deleted)
    return {
        "post, its kinds of text": path_of(post),
        "earlier versions": url_for("posts.revisions", post_id=post.id),
        "earlier versions of a reply": url_for("comments.revisions", comment_id=reply.id),
        "edit": url_for("posts.edit", post_id=post.id),
        "delete": url_for("posts.delete", post_id=post.id),
    }


def _replies(post: Post, author: Member) -> dict[str, str]:
    reply_of_author = write_comment(post, author, body="Mine, to be changed.", at=now())
    top = db.session.query(Comment).filter_by(post_id=post.id, depth=0, deleted_at=None).first()
    return {
        "edit a reply": url_for("comments.edit", comment_id=reply_of_author.id),
        "delete a reply": url_for("comments.delete", comment_id=reply_of_author.id),
        "permalink": url_for("comments.show", comment_id=reply_of_author.id),
        "reply to a reply": f"{url_for('comments.new', post_id=post.id)}?to={_key(top)}",
    }


def _key(comment: Any) -> str:
    return url_for("comments.show", comment_id=comment.id).rsplit("/", 1)[1]


def _long(author: Member) -> Post:
    """Publish posts whose words are as long as the site allows; return the first."""
    author.job_title, author.company, author.country = LONG[:80], LONG[:80], LONG[:60]
    vendor = add_vendor(name=LONG[1:81], category=categories()[1], description=LONG[:300], aliases=[LONG[2:82]])
    programme = add_programme(vendor, LONG[3:83], [(LONG[:60], 4, 1500, 1500, 150000), ("Gold", 8, None, 0, None)])
    db.session.refresh(vendor)
    about = PostSubject(vendor, programme, programme.tiers[0])
    member = create_member(name=LONG[:60], email="long@walkers.example", password=PASSWORD)
    member.job_title, member.company, member.country = LONG[:80], LONG[:80], LONG[:60]
    post = publish_post(
        member, title=LONG[:140], body=f"{LONG[:300]}\n\n## {LONG[:300]}\n\n- {LONG[:300]}", subject=about
    )
    parent = None
    for _ in range(6):
        parent = write_comment(post, member, body=f"{LONG[:300]} `{LONG[:300]}`", parent=parent, at=now())
    described = PostSubject(category=categories()[0], description=LONG[:80])
    publish_post(author, title=f"x{LONG[:139]}", body=LONG[:300], subject=described)
    return post


def _threaded(walkers: dict[str, Member], replies: int) -> Post:
    """Publish a thread with branches, replies beyond the deepest level, anonymous replies and a removed one."""
    people = list(walkers.values())
    post = publish_post(people[6], title=f"Is the partner status worth it? {replies} answers", anonymous=replies > 100)
    comments: list[Comment] = []
    for n in range(replies):
        parent = comments[-1] if n % 9 in (1, 2, 3, 4, 5, 6) else comments[-3] if n % 9 == 7 else None
        body = f"Answer {n}: the margin is real, the deal protection is not. " * (1 + n % 4)
        comments.append(write_comment(post, people[n % 7], body=body, parent=parent, anonymous=n % 5 == 2, at=now()))
    mark_useful(people[0], comments[1])
    delete_comment(comments[10])
    comments[13].hidden_at = now()
    return post


def _vendors() -> dict[str, str]:
    kinds = categories()
    long = db.session.query(Vendor).filter_by(name=LONG[1:81]).one()
    bare = add_vendor(name="Bare Ridge", category=kinds[0])
    for name in ("Lantern Mail", LONG[:80]):
        propose_vendor(
            name=name, category=kinds[2], website="lantern.example", programme="Beam", description="Mail for all."
        )
    tier = long.programmes[0].tiers[0]
    return {
        "admin, vendor": url_for("admin.vendor_page", slug=long.slug),
        "admin, merge": url_for("admin.merge_vendor", slug=long.slug),
        "admin, programme": url_for("admin.programme", programme_id=tier.programme_id),
        "admin, remove a programme": url_for("admin.remove_programme", programme_id=tier.programme_id),
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


if __name__ == "__main__":
    copy_of_demo(Path(os.environ["FORUM_INSTANCE"]))
    app = create_app()
    with app.app_context(), app.test_request_context():
        build(Path(app.config["INSTANCE"]))
