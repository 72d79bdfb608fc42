"""Run `forum serve` without what it keeps of pages and replies: what a page costs when all on it is new."""

import os
import sys

import forum.cli  # noqa: F401 - loads every module; the server's processes are forked from this one

os.environ["FORUM_PAGE_CACHE"] = "0"
fragments = sys.modules["forum.fragments"]
threads, rows = sys.modules["forum.posts.thread_html"], sys.modules["forum.posts.row_html"]

if __name__ == "__main__":
    fragments.MAX_BYTES = 0  # type: ignore[attr-defined]
    for module in (threads, rows):
        module._render = module._render.__wrapped__  # type: ignore[attr-defined]
    sys.modules["forum.cli"].main(["serve"])
