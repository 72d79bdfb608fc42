"""Pages about what moderators hid, on which they act on an account, and of texts that admins write."""

from tests.journeys.steps import Place, submit

SPAM = "/moderation/members/ines-field/spam"
STAFF = [
    Place("transparency", "/transparency"),
    Place("transparency of a year", "/transparency/2026"),
    Place("hidden texts", "/log/hidden"),
    Place("rename or delete an account", "/admin/members/ines-field/request", "admin"),
    Place("ban for spam", SPAM, "moderator"),
    Place("ban for spam, wrong", SPAM, "moderator", 422, submit("Ban and remove", reason="No.")),
    Place("admin, legal pages", "/admin/legal", "admin"),
    Place("admin, imprint", "/admin/legal/imprint", "admin"),
    Place("admin, standard texts", "/admin/standard-texts?language=de", "admin"),
    Place("admin, standard text", "/admin/standard-texts/3?language=de", "admin"),
    Place("corrections", "/admin/corrections", "moderator"),
]
