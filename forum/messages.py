"""Messages after an action, shown where the browser goes: beside the target of a redirect, else on top of the page.

A view flashes a message and redirects. When it redirects to a fragment (#talk), the message is for that place: the
template says `messages_at("talk")` there, and the reader, who lands there, sees and hears it.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g, get_flashed_messages, get_template_attribute, session
from markupsafe import Markup

NOTHING = Markup("")
# Flask's names: of the list in the session, and of the category of a message without a place.
_SESSION_KEY, NO_PLACE = "_flashes", "message"


def init_app(app: Flask) -> None:
    """Give messages their places, and templates the functions that show them."""
    app.after_request(_place_messages)
    app.jinja_env.globals.update(messages_at=messages_at, remaining_messages=remaining_messages)


def messages_at(place: str = NO_PLACE) -> Markup:
    """Return the messages for a place of this page, the top without one. A template global."""
    rows = _rows()
    if not rows:
        return NOTHING
    shown_places: set[str] = g.setdefault("shown_message_places", set())
    shown_places.add(place)
    return _markup([text for category, text in rows if category == place])


def remaining_messages() -> Markup:
    """Return the messages for places that this page does not have. A template global, for the end of a page."""
    rows = _rows()
    if not rows:
        return NOTHING
    shown_places = g.get("shown_message_places", ())
    return _markup([text for category, text in rows if category not in shown_places])


def message_places() -> list[str]:
    """Return the places that messages of this request are for."""
    return [category for category, _ in _rows()]


def _rows() -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = get_flashed_messages(with_categories=True)  # type: ignore[assignment]
    return rows


def _place_messages(response: Response) -> Response:
    if response.status_code in (302, 303) and _SESSION_KEY in session:
        place = urlsplit(response.location or "").fragment
        if place:
            rows = session[_SESSION_KEY]
            session[_SESSION_KEY] = [(place if category == NO_PLACE else category, text) for category, text in rows]
    return response


def _markup(texts: list[str]) -> Markup:
    message = get_template_attribute("_message.html", "message") if texts else None
    return Markup("").join(message(text) for text in texts) if message else Markup("")
