"""The first half of the long story. Each step is a function, and they run in the order of the file.

To extend the story, add a function, and a separate one for each anonymous act. Alice and Bob do the same by name. The first
and the second author write anonymously, each in their own threads and at their own moments. Three things would tell them
apart by their nature and are left out: nobody can mark or report their own text, under whatever name; a mail says that
something is new in what one wrote anonymously (so both have such news whenever mail goes out, in threads of their own that
are the same in all worlds); and ratings of one company are weighed together (so only the first author rates anonymously).
"""

from collections.abc import Callable

from forum.accounts.models import Member
from forum.accounts.tokens import token_for
from forum.db import db, now
from forum.posts.actions import write_post
from forum.posts.tags.actions import create_tag
from forum.urls import key_text
from forum.vendors.actions import add_domain, add_programme, add_vendor, create_default_categories
from forum.vendors.queries import categories
from tests.factories import PASSWORD
from tests.two_worlds import mail_steps
from tests.two_worlds.stage import PASSWORD_HASH, Act, Stage, Step

BOTH = {"alice": "Alice Aalto", "bob": "Bob Birk"}
DOMAINS = {"alice": "aalto.example", "bob": "birk.example"}
MEMBERS = {"carol": "member", "dan": "member", "eve": "member", "finn": "member", "gina": "member"}
STAFF = {"mona": "moderator", "max": "moderator", "ada": "admin"}
RATING_FIELDS = {"worth": "3", "again": "yes", "interest": "none"}
RATING_FIELDS |= {"discounts": "4", "annual_fee": "1200", "currency": "EUR"}
STORY: list[Act] = []


def step(hours: int = 3, *, readers: str = "") -> Callable[[Step], Step]:
    """Add a function as the next step, some hours after the previous one; afterwards these readers look at all pages."""

    def add(function: Step) -> Step:
        STORY.append(Act(function, hours, readers.split()))
        return function

    return add


def post_fields(title: str, body: str, **fields: str) -> dict[str, str]:
    """Return the form of a new post."""
    form = {
        "title": title,
        "body": body,
        "tags": "deals",
        "leaning": "mixed",
        "vendor_naming": "none",
        "identity": "name",
    }
    return {**form, "intent": "publish", **fields}


@step()
def the_site_opens(stage: Stage) -> None:
    create_default_categories()
    for name, tiers in (
        ("Northwind", ("Silver", "Gold")),
        ("Lakeside", ("Bronze",)),
        ("Meadow", ("Basic",)),
        ("Orchard", ()),
    ):
        vendor = add_vendor(name=name, category=categories()[0], description=f"What {name} sells.")
        add_domain(vendor, f"{name.lower()}.example")
        add_programme(vendor, f"{name} Partners", [(tier, 2, 1500, 0, 50000) for tier in tiers])
    create_tag("deals", "Deals and their registration", ("bids",))
    create_tag("vdi", "Desktops that live elsewhere", ())
    for name, role in {**MEMBERS, **STAFF}.items():
        names = {"name": f"{name.title()} Known", "slug": f"{name}-known", "email": f"{name}@{name}s.example"}
        fields = {"role": role, "business_type": "reseller", "region": "nordics", "password_hash": PASSWORD_HASH}
        db.session.add(Member(**names, **fields, confirmed_at=now(), vouched_at=now()))
        db.session.flush()
    carol = stage.member("carol")
    write_post(
        carol,
        title="The rebate came late",
        body="It came late. " * 5,
        leaning="bad",
        tags=[create_tag("rebates", "-", ())],
    )


@step()
def alice_and_bob_join(stage: Stage) -> None:
    for first, name in BOTH.items():
        browser = stage.browsers[first] = stage.app.test_client()
        form = {"name": name, "email": f"{first}@{DOMAINS[first]}", "password": PASSWORD}
        assert browser.post("/join", data=form).status_code == 302


@step()
def their_mail_goes_out_and_they_confirm(stage: Stage) -> None:
    stage.run()
    for first in BOTH:
        path = f"/confirm/{token_for(stage.member(first), 'confirm')}"
        stage.send(first, path, password=PASSWORD, remember="y")
        profile = {"company": "A house of ten", "country": "Finland", "time_zone": "Europe/Helsinki"}
        kinds = {"job_title": "engineer", "business_type": "reseller", "region": "nordics"}
        stage.send(first, "/settings", name=BOTH[first], **profile, **kinds)


@step()
def each_writes_a_first_post_which_is_held_and_approved(stage: Stage) -> None:
    for first in BOTH:
        stage.send(first, "/posts/new", **post_fields(f"What {first} saw in spring", f"As {first} I registered. " * 4))
        stage.decide("mona", stage.post(f"What {first}"), "held", action="approve", rule="")


@step()
def alice_follows(stage: Stage) -> None:
    _follow(stage, "alice")


@step()
def bob_follows(stage: Stage) -> None:
    _follow(stage, "bob")


def _follow(stage: Stage, first: str) -> None:
    for path in ("/tags/vdi/follow", "/vendors/northwind/follow", stage.path(stage.post("The rebate"), "/follow")):
        stage.send(first, path, intent="follow")


@step()
def all_rate_by_name(stage: Stage) -> None:
    for first in BOTH:
        stage.send(first, "/vendors/lakeside/rate", identity="name", **RATING_FIELDS)
    for other in ("carol", "dan", "eve", "finn"):
        stage.send(other, "/vendors/northwind/rate", identity="name", **RATING_FIELDS)


@step()
def all_reply_by_name(stage: Stage) -> None:
    under = stage.path(stage.post("The rebate"), "/reply")
    for name in (*BOTH, "dan"):
        stage.send(name, under, body=f"As {name} I have seen the same.", identity="name", intent="publish")


for mail_step in mail_steps.STEPS:
    step(0)(mail_step)


@step(22)
def first_author_previews_and_is_warned(stage: Stage) -> None:
    form = post_fields(
        "How Northwind went", "Our deals were approved late. " * 3, identity="anonymous", vendor_naming="named"
    )
    form |= {"vendor": "Northwind", **RATING_FIELDS, "badge": "y"}
    stage.send_anonymously(stage.first_author, "/posts/new", 200, **{**form, "intent": "preview"})
    revealing_form = {
        **form,
        "body": f"I am {BOTH[stage.first_author]} and our deals were approved late, on 3 March 2026.",
    }
    page = stage.send_anonymously(stage.first_author, "/posts/new", 200, **revealing_form)
    assert BOTH[stage.first_author] in page.text and "publish anyway" in page.text
    stage.send_anonymously(stage.first_author, "/posts/new", 422, **{**form, "tags": "unheard-of"})


@step()
def first_author_publishes_with_a_rating_and_a_badge(stage: Stage) -> None:
    form = post_fields(
        "How Northwind went", "Our deals were approved late. " * 3, identity="anonymous", vendor_naming="named"
    )
    stage.send_anonymously(
        stage.first_author,
        "/posts/new",
        **form,
        vendor="Northwind",
        badge="y",
        submission="a" * 31 + "1",
        **RATING_FIELDS,
    )
    written = stage.post("How Northwind")
    assert written.author_id is None and written.rating is not None and written.badge


@step(24)
def second_author_replies_in_another_thread(stage: Stage) -> None:
    under = stage.path(stage.post("The rebate"), "/reply")
    stage.send_anonymously(
        stage.second_author, under, body="Ours never came at all.", identity="anonymous", badge="y", intent="publish"
    )


@step()
def carol_replies_to_one(stage: Stage) -> None:
    under = stage.path(stage.post("How Northwind"), "/reply")
    stage.send("carol", under, body="Which quarter was that?", identity="name", intent="publish")
    stage.send("carol", stage.path(stage.post("How Northwind"), "/useful"), intent="mark")


@step()
def dan_replies_to_one(stage: Stage) -> None:
    under = stage.path(stage.post("How Northwind"), "/reply")
    stage.send("dan", under, body="We waited six weeks, too.", identity="name", intent="publish")


@step()
def others_write(stage: Stage) -> None:
    stage.send("eve", "/posts/new", **post_fields("Desktops in spring", "All of them moved. " * 5, tags="vdi"))
    stage.send("finn", "/posts/new", **post_fields("Forms without end", "One more each week. " * 5, tags="vdi"))
    stage.send("eve", stage.path(stage.reply("Ours never"), "/useful"), intent="mark")
    mail_steps.something_is_new_for_both(stage, "Still so")


@step(20)
def the_digest_is_made(stage: Stage) -> None:
    stage.run("send_digests")


@step()
def the_digest_goes_out(stage: Stage) -> None:
    stage.run()


@step()
def first_author_opens_the_unread_thread(stage: Stage) -> None:
    for path in ("/following", "/notifications"):
        pages = {name: stage.browser(name).get(path).text for name in BOTH}  # each with a thread of their own as well
        assert "How Northwind went" in pages[stage.first_author]
    stage.send_anonymously(stage.first_author, stage.path(stage.post("How Northwind"), "/follow"), intent="open")


@step()
def first_author_replies_in_their_own_thread(stage: Stage) -> None:
    carols = stage.reply("Which quarter")
    under = stage.path(stage.post("How Northwind"), "/reply")
    stage.send_anonymously(
        stage.first_author,
        under,
        body="The second one.",
        identity="anonymous",
        intent="publish",
        to=key_text(carols.id),
    )


@step(24)
def second_author_writes_about_an_undisclosed_vendor(stage: Stage) -> None:
    form = post_fields("A large one turned us away", "They gave it to somebody else. " * 3, identity="anonymous")
    about = {"vendor_naming": "undisclosed", "category": "hardware", "description": "a large hardware supplier"}
    stage.send_anonymously(stage.second_author, "/posts/new", **form | about)


@step()
def alice_and_bob_guess_and_are_held(stage: Stage) -> None:
    for first in BOTH:
        under = stage.path(stage.post("The rebate"), "/reply")
        stage.send(first, under, body=f"Again from {first}: it has come.", identity="name", intent="publish")
    guess = {"body": "Surely that is Northwind?", "identity": "name", "intent": "publish"}
    stage.send("gina", stage.path(stage.post("A large one"), "/reply"), **guess)
    stage.decide("mona", stage.reply("Surely"), "held", action="remove", rule="5")


@step()
def second_author_names_the_vendor_later(stage: Stage) -> None:
    changed = post_fields("A large one turned us away", "They gave it to somebody else. " * 3, vendor_naming="named")
    stage.send_anonymously(
        stage.second_author, stage.path(stage.post("A large one"), "/edit"), **changed, vendor="Meadow"
    )
    assert stage.post("A large one").vendor.name == "Meadow"


@step(24)
def second_author_is_asked_to_edit_it(stage: Stage) -> None:
    item = stage.post("A large one")
    stage.send("carol", stage.path(item, "/flag"), rule="3", message="It names somebody.")
    stage.decide("mona", item, "flag", action="ask_to_edit", rule="3")


@step()
def second_author_changes_it(stage: Stage) -> None:
    item = stage.post("A large one")
    changed = post_fields(
        "A large one turned us away", "They gave it to others. " * 3, vendor_naming="named", vendor="Meadow"
    )
    stage.send_anonymously(stage.second_author, stage.path(item, "/edit"), **changed)


@step()
def it_is_shown_again(stage: Stage) -> None:
    stage.decide("max", stage.post("A large one"), "held", action="approve", rule="")


@step()
def second_author_adds_a_rating(stage: Stage) -> None:
    item = stage.post("A large one")
    stage.send_anonymously(stage.second_author, stage.path(item, "/rate"), **RATING_FIELDS)
    assert stage.post("A large one").rating.anonymous


def sign_in(stage: Stage) -> None:
    """Sign both members in again."""
    stage.browsers.clear()
    for first in BOTH:
        stage.browsers[first] = stage.app.test_client()
        stage.send(first, "/sign-in", email=f"{first}@{DOMAINS[first]}", password=PASSWORD, remember="y")
