"""The site's logo."""

from flask import Blueprint, Response, abort, g
from flask.typing import ResponseReturnValue

from forum import site

bp = Blueprint("branding", __name__)


@bp.get("/logo")
def logo() -> ResponseReturnValue:
    """Return the logo. Its address on pages changes with it, so browsers keep it."""
    image = site.logo()
    if image is None:
        abort(404)
    mimetype, body = image
    response = Response(body, mimetype=mimetype)
    g.file_version = site.logo_digest()
    response.set_etag(g.file_version)
    return response
