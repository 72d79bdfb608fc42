"""The rules of the site, once: the page of rules, the reasons for a flag and every decision take them from here."""

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule's short name, what it says beyond that, and how a moderator may begin the reason for a decision on it."""

    name: str
    text: str
    standard_reason: str


RULES: dict[int, Rule] = {
    1: Rule(
        "Tell what you lived through.",
        "Your own experience as a partner, as it was. What you heard from others, say so.",
        "The text tells as its author's own experience what it was not. Say what you saw yourself and what you heard, "
        "and it can be shown again.",
    ),
    2: Rule(
        "Blunt is allowed, insult is not.",
        "Judge programmes, decisions and answers, not persons.",
        "The text attacks a person and not what was done. Without that passage everything else in it can stay.",
    ),
    3: Rule(
        "No private individuals.",
        "No names, addresses or traits by which somebody who has no public role can be recognised.",
        "The text makes somebody recognisable who has no public role. Write of the role, and it can be shown again.",
    ),
    4: Rule(
        "No secrets of others.",
        "No confidential price lists, no customer's name without their consent.",
        "The text tells what belongs to others: a confidential figure or a customer's name. Leave that out, and it can "
        "be shown again.",
    ),
    5: Rule(
        "Say where your interest lies.",
        "Whoever works for a vendor, a competitor of it or a distributor says so.",
        "The author's work for one of those concerned is not told in the text. Say so, and it can be shown again.",
    ),
    6: Rule(
        "Nobody guesses.",
        "Neither an anonymous author nor an undisclosed vendor.",
        "The text guesses who wrote something, or which vendor is meant. Without the guess it can be shown again.",
    ),
    7: Rule(
        "No advertising.",
        "Nothing is sold here, and no link is placed for its own sake.",
        "The text advertises, or was written for the sake of a link.",
    ),
    8: Rule(
        "One person, one voice.",
        "No second account, no arranged marks.",
        "One person spoke with more than one voice, or marks were arranged.",
    ),
    9: Rule("Nothing unlawful.", "", "The text breaks the law named among the facts."),
}
RULE_CHOICES = {str(number): f"{number}. {rule.name}" for number, rule in RULES.items()}
NO_RULE_BROKEN = "No rule is broken. That somebody disagrees is answered in a reply, not by taking the text down."
FOLLOWS_THE_RULES = "The text was read before it appeared, and follows the rules."


def rule_words(number: int | None) -> str:
    """ "Rule 3: No private individuals"."""
    return f"Rule {number}: {RULES[number].name.rstrip('.')}" if number in RULES else "No rule"
