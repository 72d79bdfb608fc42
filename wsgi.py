"""For any WSGI server: `gunicorn wsgi:app`, `granian --interface wsgi wsgi:app`."""

from forum import create_app
from forum.storage import close_to_others

app = create_app()
close_to_others(app.config["INSTANCE"])
