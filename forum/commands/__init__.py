"""The subcommands of `forum`, by subject; forum/cli.py puts them together."""
