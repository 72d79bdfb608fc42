"""Every page that looks different: its name, its address, who opens it, its status, and the steps taken there first."""

from playwright.sync_api import Page

from tests.journeys.places_account import ACCOUNT
from tests.journeys.places_lists import LISTS
from tests.journeys.steps import Place, submit
from tests.journeys.texts import LONG


def _signed_out_while_writing(page: Page) -> None:
    """Submit a long text after the session has ended."""
    page.locator("main [name=body]").fill(f"{LONG[:300]}\n\nWhat I have written. " * 12)
    page.context.clear_cookies()
    page.get_by_role("button", name="Post reply").click()
    page.wait_for_load_state()


def _stale_token(page: Page) -> None:
    """Submit a text with the token of another session."""
    page.locator("main [name=csrf_token]").first.evaluate("it => it.value = 'of another session'")
    submit("Post reply", body=f"{LONG[:300]} What I have written.")(page)


def _too_fast(page: Page) -> None:
    """Send more replies in a minute than the limit allows, then one more."""
    form = page.locator("#reply")
    fields = {name: form.locator(f"[name={name}]").first.input_value() for name in ("csrf_token", "to")}
    for n in range(60):
        more = {"body": f"Again, {n}.", "submission": f"again {n}", "identity": "name", "intent": "publish"}
        answer = page.request.post(form.get_attribute("action") or "", form={**fields, **more}, max_redirects=0)
        if answer.status == 429:
            break
    submit("Post reply", body=f"{LONG[:300]} What I have written.")(page)


def _many_wrong_passwords(page: Page) -> None:
    for _ in range(24):
        submit("Sign in", email="nobody@walkers.example", password="wrong")(page)
        if page.get_by_text("Too many attempts").count():
            return


def _too_much(page: Page) -> None:
    page.locator("main [name=body]").fill("x" * 1_100_000)
    submit("Publish")(page)


def _revealing(page: Page) -> None:
    page.get_by_label("Anonymous, as").check()
    submit("Post reply", body=f"I am Ines Field, write to ines@walkers.example about {LONG[:200]}.")(page)


def _undisclosed(page: Page) -> None:
    page.get_by_label("Keep it undisclosed").check()
    submit("Publish", title=LONG[:140], tags=LONG[:200], description=LONG[:80])(page)


def _named(page: Page) -> None:
    page.get_by_label("Mixed").check()
    page.get_by_label("Name the vendor").check()
    page.get_by_label("Anonymous", exact=True).check()
    page.locator("[name=vendor]").fill("Northwind")
    submit("Preview", title="What happened", body=f"## {LONG[:300]}\n\n- {LONG}", tags="vdi")(page)


def _tags_open(page: Page) -> None:
    page.locator("summary", has_text="tags").click()


def _merged(page: Page) -> None:
    submit("Next", into="Bare Ridge", reason=LONG[:90])(page)


def _reply_moved(page: Page) -> None:
    page.locator("[data-reply-to]").nth(3).click()


STRANGER = [
    Place("home", "/"),
    Place("search, empty", "/search"),
    Place("search", "/search?q=northwind+support"),
    Place("home, filtered", "/?vendor=northwind-storage&tag=rebates&leaning=bad"),
    Place("home, nothing matches", "/?vendor=bare-ridge"),
    Place("home, unknown filter", f"/?vendor=larkfield-print&tag={LONG}"),
    Place("home, unanswered", "/?sort=unanswered"),
    Place("post, its kinds of text"),
    Place("post, anonymous"),
    Place("post, fifty replies"),
    Place("post, no replies"),
    Place("post, long words"),
    Place("post, removed"),
    Place("earlier versions"),
    Place("earlier versions of a reply"),
    Place("vendors", "/vendors"),
    Place("vendors of a category", "/vendors?category=hardware"),
    Place("vendor", "/vendors/northwind-storage"),
    Place("vendor without anything"),
    Place("vendor, long words"),
    Place("vendors, weighed", "/vendors?w_education=5&w_seminars=1"),
    Place("how scores are made", "/how-scores-are-made"),
    Place("compare, nothing chosen", "/compare"),
    Place("open data", "/data"),
    Place("tags", "/tags/"),
    Place("tag", "/tags/exam-renewal"),
    Place("tag without posts", "/tags/sbc"),
    Place("member"),
    Place("member, moved in"),
    Place("member, long words"),
    Place("about", "/about"),
    Place("rules", "/rules"),
    Place("keyboard shortcuts", "/keyboard"),
    Place("imprint", "/legal/imprint"),
    Place("imprint, versions", "/legal/imprint/versions"),
    Place("not found", "/nothing-here", status=404),
    Place("wrong way", "/sign-out", status=405),
    Place("sign in", "/sign-in"),
    Place("sign in, wrong", "/sign-in", status=422, steps=submit("Sign in", email="ines", password="wrong")),
    Place("sign in, too often", "/sign-in", status=429, steps=_many_wrong_passwords),
    Place("join", "/join"),
    Place("join, wrong", "/join", status=422, steps=submit("Create account", name="a", email="b", password="c")),
    Place("forgotten password", "/forgotten-password"),
    Place("forgotten, wrong", "/forgotten-password", status=422, steps=submit("Send link", email="b")),
    Place("check your e-mail", "/sent/join"),
    Place("confirm"),
    Place("confirm, wrong", "confirm", status=422, steps=submit("Confirm and sign in", password="wrong")),
    Place("new password"),
    Place("claim"),
    Place("new e-mail"),
    Place("dead link", "/confirm/used-up", status=410),
]
MEMBERS = [
    Place("own post", "post, its kinds of text", "ines"),
    Place("long thread, signed in", "post, 230 replies", "ines"),
    Place("reply form moved", "post, long words", "ines", steps=_reply_moved),
    Place("reply", member="ines"),
    Place("reply to a reply", member="ines"),
    Place("reply, wrong", "reply to a reply", "ines", 422, submit("Post reply", body="x")),
    Place("reply, preview", "reply", "ines", 200, submit("Preview", body=f"**Bold** {LONG}")),
    Place("reply, given away", "reply", "ines", 200, _revealing),
    Place("edit a reply", member="ines"),
    Place("edit a reply, wrong", "edit a reply", "ines", 422, submit("Save", body="")),
    Place("delete a reply", member="ines"),
    Place("post, closed", member="ines", status=403),
    Place("own hidden post", "post, hidden", "tomas"),
    Place("write, nothing yet", "/posts/new", "ines", steps=_tags_open),
    Place("write, wrong", "/posts/new", "ines", 422, _undisclosed),
    Place("write, preview", "/posts/new", "ines", 200, _named),
    Place("edit", member="ines"),
    Place("edit, wrong", "edit", "ines", 422, submit("Save", title="", body="short")),
    Place("delete", member="ines"),
    Place("propose a vendor", "/vendors/new", "ines"),
    Place("propose, wrong", "/vendors/new", "ines", 422, submit("Propose", name="Northwind", website=LONG[:190])),
    Place("rate", "/vendors/northwind-storage/rate", "ines"),
    Place("rate, which vendor", "/rate", "ines"),
    Place("rate, unknown vendor", "/rate?vendor=Nrthwnd", "ines", 422),
    Place("write only", "/posts/new?kind=text", "ines"),
    Place("own ratings, none", "/ratings", "ines"),
    Place("settings", "/settings", "ines"),
    Place("settings, wrong", "/settings", "ines", 422, submit("Save", name="x")),
    Place("settings, saved", "/settings", "noor", 200, submit("Save", company=LONG[:80])),
    Place("e-mail", "/settings/email", "ines"),
    Place("e-mail, wrong", "/settings/email", "ines", 422, submit("Send link", email="x", current_password="x")),
    Place("password", "/settings/password", "ines"),
    Place(
        "password, wrong",
        "/settings/password",
        "ines",
        422,
        submit("Change password", password="x", password_confirmation="y"),
    ),
    Place("two-factor", "/settings/two-factor", "ines"),
    Place(
        "two-factor, wrong",
        "/settings/two-factor",
        "ines",
        422,
        submit("Turn on", code="000000", current_password="x"),
    ),
    Place("drafts, none", "/drafts", "ines"),
    Place(
        "write, draft saved", "/posts/new", "noor", 200, submit("Save draft", title=LONG[:80], body=f"**Half** {LONG}")
    ),
    Place("drafts", "/drafts", "noor"),
    Place("anonymous writing", "/anonymous-writing", "noor"),
    Place("anonymous writing, none", "/anonymous-writing", "admin"),
    Place(
        "recovery phrase, wrong",
        "/settings/recovery-phrase",
        "ines",
        422,
        submit("Create phrase", current_password="x"),
    ),
    Place("long name, signed in", "/rules", "long"),
    Place("long name, replying", "post, long words", "long"),
    Place("not yours", "edit", "olga", 403),
    Place("signed out while writing", "reply", "gwen", 401, _signed_out_while_writing),
    Place("kept text", "reply", "gwen", 400, _stale_token),
    Place("too fast", "post, no replies", "rashid", 429, _too_fast),
    Place("too much", "/posts/new", "ines", 413, _too_much),
    Place("admin", "/admin/", "moderator"),
    Place("proposed vendor", member="moderator"),
]
MODERATION = [
    Place("removed reply"),
    Place("moderation log", "/log"),
    Place("moderation log, nothing", "/log?action=restore&rule=8"),
    Place("log entry"),
    Place("transparency", "/transparency"),
    Place("report", member="ines"),
    Place("report, wrong", "report", "ines", 422, submit("Report", message=LONG[:500])),
    Place("decisions about oneself", "/decisions", "ines"),
    Place("statement of reasons", "statement", "ines"),
    Place("appeal, wrong", "statement", "ines", 422, submit("Appeal", body="No.")),
    Place("moderation", "/moderation/", "moderator"),
    Place("moderation, nothing waits", "/moderation/?kind=representative", "moderator"),
    Place("case", member="moderator"),
    Place("case, wrong", "case", "moderator", 422, submit("Decide and open next", reason=LONG[:90])),
    Place("all of a member", "/moderation/members/ines-field", "moderator"),
    Place("rename or delete an account", "/admin/members/ines-field/request", "admin"),
    Place("corrections", "/admin/corrections", "moderator"),
    Place("ban for spam", "/moderation/members/ines-field/spam", "moderator"),
    Place("ban for spam, wrong", "ban for spam", "moderator", 422, submit("Ban and remove", reason="No.")),
    Place("entry, to be undone", "log entry", "moderator"),
    Place("give notice", "/notices/new"),
    Place("give notice, wrong", "/notices/new", None, 422, submit("Send the notice", url=LONG, complaint=LONG[:30])),
    Place("notice, sent", "/notices/sent"),
    Place("notice, to confirm"),
    Place("notice, dead link", "/notices/confirm/used-up", status=410),
    Place("notice, waiting"),
    Place("notice, decided"),
    Place("notice, objection wrong", "notice, decided", None, 422, submit("Object", body="No.")),
    Place("post, disputed"),
    Place("own disputed post", "post, disputed", "noor"),
    Place("notices about one's own", member="noor"),
    Place("answer, wrong", "notices about one's own", "noor", 422, submit("Answer", body="No.")),
    Place("decisions, with notices", "/decisions", "noor"),
    Place("notice case", member="moderator"),
    Place("notices waiting", "/moderation/?kind=notice", "moderator"),
]
WHO_SPEAKS = "/vendors/northwind-storage/representative"
COLLEAGUE = "odd@northwind-storage.example"
SPEAKERS = [
    Place("post, with an official reply"),
    Place("member, speaks for a vendor"),
    Place("post, to be answered", member="vendor"),
    Place("official reply", member="vendor"),
    Place("official reply, wrong", "official reply", "vendor", 422, submit("Post official reply", body="x")),
    Place("official reply, given", member="vendor"),
    Place("desk", "/vendors/northwind-storage/desk", "vendor"),
    Place("who speaks, oneself", WHO_SPEAKS, "vendor"),
    Place("who speaks, waiting", WHO_SPEAKS, "sigrid@northwind-storage.example"),
    Place("who speaks, asking", WHO_SPEAKS, COLLEAGUE),
    Place("who speaks, wrong", WHO_SPEAKS, COLLEAGUE, 422, submit("Send request", title="x")),
    Place("who speaks, another address", WHO_SPEAKS, "ines"),
    Place("who speaks, for moderators", WHO_SPEAKS, "moderator"),
    Place("rating refused", "/vendors/northwind-storage/rate", "vendor", 403),
    Place("request of a vendor", member="moderator"),
    Place("end of a representative", member="moderator"),
    Place("end, wrong", "end of a representative", "moderator", 422, submit("End representation", reason="No.")),
]
ADMIN = [
    Place("admin, what waits", "/admin/", "admin"),
    Place("admin, vendors", "/admin/vendors", "moderator"),
    Place("admin, vendor", member="admin"),
    Place("admin, vendor, wrong", "admin, vendor", "admin", 422, submit("Save", name="", description=LONG)),
    Place("admin, merge", member="admin"),
    Place("admin, merge, shown", "admin, merge", "admin", 200, _merged),
    Place("admin, programme", member="moderator"),
    Place("admin, remove a programme", member="moderator"),
    Place("admin, tier", member="moderator"),
    Place("admin, tier, proposed", "admin, tier", "moderator", 200, submit("Next", annual_fee="123,456")),
    Place("admin, remove a tier", member="moderator"),
    Place("admin, categories", "/admin/categories", "moderator"),
    Place("admin, category", "/admin/categories/hardware", "moderator"),
    Place("admin, delete a category", "/admin/categories/hardware/delete", "moderator"),
    Place("admin, tags", "/admin/tags", "moderator"),
    Place(
        "admin, tags, wrong",
        "/admin/tags",
        "moderator",
        422,
        submit("Create tag", word="rebates", description=LONG[:90]),
    ),
    Place("admin, tag", "/admin/tags/rebates", "moderator"),
    Place("admin, merge a tag", "/admin/tags/rebates/merge", "moderator"),
    Place("admin, delete a tag", "/admin/tags/rebates/delete", "moderator"),
    Place("admin, members", "/admin/members", "admin"),
    Place("admin, members, nobody", f"/admin/members?q={LONG[:60]}", "moderator"),
    Place("admin, member", member="admin"),
    Place("admin, role, wrong", "admin, member", "admin", 422, submit("Change role", reason=LONG[:90])),
    Place("admin, settings", "/admin/settings", "admin"),
    Place("admin, settings, wrong", "/admin/settings", "admin", 422, submit("Save", flag_threshold="many")),
    Place("admin, health", "/admin/health", "admin"),
    Place("admin, add a vendor", "/admin/vendors/new", "moderator"),
    Place("admin, add a vendor, wrong", "/admin/vendors/new", "moderator", 422, submit("Add vendor", name="x")),
    Place("admin, legal pages", "/admin/legal", "admin"),
    Place("admin, imprint", "/admin/legal/imprint", "admin"),
]
PLACES = STRANGER + MEMBERS + ACCOUNT + LISTS + MODERATION + SPEAKERS + ADMIN
