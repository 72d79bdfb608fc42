"""The yardstick: a bare Flask view that renders the page of an experience with 50 replies from memory, with Jinja.

No database, no sign-in, no limits, no headers: what a page like this costs at the least on this machine.
"""

import json
import os
import sys
from pathlib import Path

from flask import Flask, render_template
from werkzeug.wrappers import Response

from forum.serving import web_server

HERE = Path(__file__).parent
PAGE = "FORUM_TEST_BENCH_PAGE"


def create_app() -> Flask:
    """One view; the text of the page comes from a file, once."""
    app = Flask(__name__, template_folder=str(HERE))
    page = json.loads(Path(os.environ[PAGE]).read_text())

    @app.get("/")
    def show() -> str | Response:
        return render_template("yardstick.html", **page)

    return app


if __name__ == "__main__":
    web_server("tests.bench.yardstick:create_app", host="127.0.0.1", port=int(sys.argv[1]), workers=2).serve()
