"""Pages about what moderators hid, and on which they act on an account."""

from tests.journeys.steps import Place, submit

STAFF = [
    Place("transparency", "/transparency"),
    Place("transparency of a year", "/transparency/2026"),
    Place("hidden texts", "/log/hidden"),
    Place("rename or delete an account", "/admin/members/ines-field/request", "admin"),
    Place("ban for spam", "/moderation/members/ines-field/spam", "moderator"),
    Place("ban for spam, wrong", "ban for spam", "moderator", 422, submit("Ban and remove", reason="No.")),
]
