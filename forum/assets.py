"""Static files and their URLs, and the stylesheet that is joined from the files of static/css/."""

import hashlib
from functools import cache

from flask import Flask, Response, request

from forum import db
from forum.urls import path_of, script_root

# The URL of the joined stylesheet below /static/.
STYLESHEET = "app.css"
# The files of static/css/ in the order in which they are joined: of two equal rules the later one wins.
STYLES = """
    layers fonts reset tokens base layout
    buttons forms tabs filters bylines post_rows sidebar charts tables post comments threads rich_text
    vendor comparison saved compose writing rating_form moderation search messages notifications small_screens
    utilities print
""".split()


def init_app(app: Flask) -> None:
    """Serve the joined stylesheet as a static file like the others."""

    def static(filename: str) -> Response:
        if filename != STYLESHEET:
            return app.send_static_file(filename)
        response = Response(_content_of(STYLESHEET), mimetype="text/css")
        response.set_etag(_version_of(STYLESHEET))
        response.make_conditional(request)
        return response

    app.view_functions["static"] = static
    _content_of(STYLESHEET)  # a missing file shows at start-up, not at the first visit


def asset(name: str) -> str:
    """Return a static file's URL, which changes when the file does."""
    return _url_of(name, script_root())


@cache
def _url_of(name: str, root: str) -> str:
    return path_of("static", filename=name, v=_version_of(name))


@cache
def _version_of(name: str) -> str:
    return hashlib.sha256(_content_of(name)).hexdigest()[:10]


@cache
def _content_of(name: str) -> bytes:
    folder = db.package_folder("static")
    if name == STYLESHEET:
        return b"".join((folder / "css" / f"{style}.css").read_bytes() for style in STYLES)
    return (folder / name).read_bytes()
