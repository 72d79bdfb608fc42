"""Pages of the settings that guard an account: what locks and unlocks anonymous writing."""

import re

from playwright.sync_api import Page

from forum.demo.actions import PASSWORD
from tests.journeys.steps import Place, submit
from tests.journeys.texts import LONG


def _new_phrase(page: Page) -> None:
    page.locator("main [name=current_password]").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name=re.compile("phrase")).click()
    page.wait_for_load_state()


def _sign_in_as_karl(page: Page) -> None:
    submit("Sign in", email="karl@walkers.example", password=PASSWORD)(page)


ACCOUNT = [
    Place("company", "/settings/company", "ines"),
    Place("notifications", "/notifications", "ines"),
    Place("notifications, settings", "/notifications/settings", "ines"),
    Place("following", "/following?show=all", "ines"),
    Place("company, wrong", "/settings/company", "ines", 422, submit("Send link", email="ines@gmail.com")),
    Place("company, locked", "/settings/company", "lotte"),
    Place("company, to confirm", member="noor"),
    Place("anonymous writing, locked", "/anonymous-writing", "lotte"),
    Place("unlock", "/settings/unlock", "lotte"),
    Place("unlock, wrong", "/settings/unlock", "lotte", 422, submit("Unlock", proof=LONG[:90])),
    Place("devices", "/settings/sessions", "ines"),
    Place("prove who one is", "/sign-in/again", "ines"),
    Place("passkeys", "/settings/two-factor/passkeys", "ines"),
    Place("passkeys, locked", "/settings/two-factor/passkeys", "lotte"),
    Place("sign in, passkey or code", "/sign-in", None, 200, _sign_in_as_karl),
    Place("imported writing", "/settings/imported", "ines"),
    Place("recovery phrase", "/settings/recovery-phrase", "ines"),
    Place("recovery phrase, shown", "/settings/recovery-phrase", "noor", 200, _new_phrase),
    Place("recovery phrase, locked", "/settings/recovery-phrase", "lotte"),
    Place("e-mail, locked", "/settings/email", "lotte"),
    Place("two-factor, locked", "/settings/two-factor", "lotte"),
    Place("delete account, locked", "/settings/leave", "lotte"),
    Place("rate, locked", "/vendors/northwind-storage/rate", "lotte", 403),
    Place("reply, locked", "reply", "lotte"),
]
