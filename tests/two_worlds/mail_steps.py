"""Steps of the stories about mail: Alice and Bob have news of anonymous writing at the same times, in every world.

A mail says that something is new in what one wrote anonymously, so its reader learns who writes anonymously. It must
not say more: not in which thread, and of whom. So both of them write something anonymously that is the same in all
worlds, and whenever mail goes out there is news of it.
"""

from datetime import timedelta

from tests.two_worlds.stage import Stage

ANONYMOUS_REPLY = {"body": "For us it is both.", "identity": "anonymous", "intent": "publish"}
PORTALS = {"alice": "slow", "bob": "down"}


def carol_asks_about_two_portals(stage: Stage) -> None:
    form = {"tags": "deals", "leaning": "mixed", "vendor_naming": "none", "identity": "name", "intent": "publish"}
    for problem in PORTALS.values():
        body = f"It is {problem} since Monday, for us. " * 4
        stage.send("carol", "/posts/new", **form, title=f"The portal is {problem}", body=body)


def alice_replies_anonymously_in_all_worlds(stage: Stage) -> None:
    stage.send_anonymously("alice", stage.path(stage.post("The portal is slow"), "/reply"), **ANONYMOUS_REPLY)


def bob_replies_anonymously_in_all_worlds(stage: Stage) -> None:
    stage.send_anonymously("bob", stage.path(stage.post("The portal is down"), "/reply"), **ANONYMOUS_REPLY)


def mail_goes_out_at_once(stage: Stage) -> None:
    stage.clock.shift(timedelta(minutes=11))
    stage.run("send_mail_at_once")
    stage.run()


STEPS = (
    carol_asks_about_two_portals,
    alice_replies_anonymously_in_all_worlds,
    bob_replies_anonymously_in_all_worlds,
    mail_goes_out_at_once,
)


def something_is_new_for_both(stage: Stage, body: str) -> None:
    """Reply in the two threads in which Alice and Bob wrote anonymously in all worlds."""
    for problem in PORTALS.values():
        under = stage.path(stage.post(f"The portal is {problem}"), "/reply")
        stage.send("eve", under, body=f"{body} ({problem})", identity="name", intent="publish")
