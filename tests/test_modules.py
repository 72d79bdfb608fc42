"""Modules: each is reached by its dotted name, as `monkeypatch.setattr("forum.x.y", ...)` and readers expect."""

import functools
import importlib
import pkgutil

import pytest

import forum


def shadowed_modules() -> list[str]:
    """Return the modules that their dotted name does not reach, since another object has taken the name."""
    modules = {
        info.name: importlib.import_module(info.name) for info in pkgutil.walk_packages(forum.__path__, "forum.")
    }
    reached = {name: functools.reduce(getattr, name.split(".")[1:], forum) for name in modules}
    return [name for name, module in modules.items() if reached[name] is not module]


def test_every_module_is_reached_by_its_dotted_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shadowed_modules() == []
    monkeypatch.setattr("forum.moderation.jobs", object())
    assert shadowed_modules() == ["forum.moderation.jobs"]
