"""The yardstick: a bare Flask view that renders a post with 50 replies from memory, with Jinja.

No database, no sign-in, no limits, no headers: the least that such a page can cost on this machine.
"""

import json
import os
import sys
from pathlib import Path

from flask import Flask, render_template
from werkzeug.wrappers import Response

from forum.serving import web_server
from forum.sockets import open_listener

FOLDER = Path(__file__).parent
PAGE = "FORUM_TEST_BENCH_PAGE"


def create_app() -> Flask:
    """Return an application with one view; the content of the page is read from a file once."""
    app = Flask(__name__, template_folder=str(FOLDER))
    page = json.loads(Path(os.environ[PAGE]).read_text())

    @app.get("/")
    def show() -> str | Response:
        return render_template("yardstick.html", **page)

    return app


if __name__ == "__main__":
    listener = open_listener("127.0.0.1", int(sys.argv[1]))
    web_server(create_app(), listener, workers=2).serve()
