"""Run `forum serve` without the caches of rendered replies and list rows. Pages of strangers are still kept."""

import sys

import forum.cli  # noqa: F401 - loads every module; the server's processes are forked from this one

threads, rows = sys.modules["forum.posts.thread_html"], sys.modules["forum.posts.row_html"]

if __name__ == "__main__":
    for module in (threads, rows):
        module._render = module._render.__wrapped__  # type: ignore[attr-defined]
    sys.modules["forum.cli"].main(["serve"])
