"""Run `forum serve` without the cache of rendered replies: what a page costs when all of its replies are new."""

import sys

import forum.cli  # noqa: F401 - loads every module; the server's processes are forked from this one

threads, rows = sys.modules["forum.posts.thread_html"], sys.modules["forum.posts.row_html"]

if __name__ == "__main__":
    for module in (threads, rows):
        module._render = module._render.__wrapped__  # type: ignore[attr-defined]
    sys.modules["forum.cli"].main(["serve"])
