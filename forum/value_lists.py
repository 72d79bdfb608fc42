"""Conditions with a list of values as one parameter, so that the statement is the same for any number of values.

It can then stay prepared: planning a list of a thousand parameters takes PostgreSQL longer than looking them up.
"""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Select, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Values(TypeDecorator[Collection[Any]]):
    """A list as one value: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any]) -> None:
        """`item_type` is the type of the column that is compared."""
        super().__init__()
        self.item_type = item_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the value in the database."""
        return dialect.type_descriptor(ARRAY(self.item_type) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        """Return the value that the database gets."""
        values = list(value or ())
        return values if dialect.name == "postgresql" else json.dumps(values)


class _Pairs(TypeDecorator[Collection[tuple[str, str]]]):
    """A list of pairs of texts as one value: an array of JSON on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the value in the database."""
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Collection[tuple[str, str]] | None, dialect: Dialect) -> Any:
        """Return the value that the database gets."""
        pairs = list(value or ())
        return list(map(json.dumps, pairs)) if dialect.name == "postgresql" else json.dumps(pairs)


class _IsPairAmong(FunctionElement[bool]):
    """The condition that two columns have the values of one of the pairs in a list."""

    inherit_cache = True


@compiles(_IsPairAmong, "sqlite")
def _pair_on_sqlite(element: _IsPairAmong, compiler: Any, **options: Any) -> str:
    first, second, pairs = (compiler.process(clause, **options) for clause in element.clauses)
    columns = "json_extract(value, '$[0]'), json_extract(value, '$[1]')"
    return f"(({first}, {second}) IN (SELECT {columns} FROM json_each({pairs})))"  # noqa: S608 - names and a parameter


@compiles(_IsPairAmong, "postgresql")
def _pair_on_postgresql(element: _IsPairAmong, compiler: Any, **options: Any) -> str:
    first, second, pairs = (compiler.process(clause, **options) for clause in element.clauses)
    # Of an array PostgreSQL expects ten elements, of JSON a hundred: it would rather read the whole table.
    columns = "CAST(pair AS JSON)->>0, CAST(pair AS JSON)->>1"
    return f"(({first}, {second}) IN (SELECT {columns} FROM unnest({pairs}) AS pair))"  # noqa: S608 - as above


class _IsSelected(FunctionElement[bool]):
    """The condition that a column has one of the values of a query."""

    inherit_cache = True


@compiles(_IsSelected, "sqlite")
def _selected_on_sqlite(element: _IsSelected, compiler: Any, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN {numbers})"


@compiles(_IsSelected, "postgresql")
def _selected_on_postgresql(element: _IsSelected, compiler: Any, **options: Any) -> str:
    column, numbers = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY (ARRAY{numbers}))"


class _IsAmong(FunctionElement[bool]):
    """The condition that a column has one of the values in a list."""

    inherit_cache = True


@compiles(_IsAmong, "sqlite")
def _on_sqlite(element: _IsAmong, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - names and a parameter


@compiles(_IsAmong, "postgresql")
def _on_postgresql(element: _IsAmong, compiler: Any, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY ({values}))"


def is_among(column: Any, name_or_values: str | Collection[Any]) -> ColumnElement[bool]:
    """Return the condition that a column of numbers or texts has one of these values, or of those of a parameter."""
    value_type = _Values(column.type)
    if isinstance(name_or_values, str):
        return _IsAmong(column, bindparam(name_or_values, type_=value_type))
    return _IsAmong(column, bindparam(None, name_or_values, type_=value_type))


def is_pair_among(first: Any, second: Any, name: str) -> ColumnElement[bool]:
    """Return the condition that two columns of texts have the values of one of the pairs in a parameter.

    Each pair is one search of an index of both columns. With a list for each column PostgreSQL would read all rows that
    have the first value.
    """
    return _IsPairAmong(first, second, bindparam(name, type_=_Pairs()))


def is_selected(column: Any, numbers: Select[Any]) -> ColumnElement[bool]:
    """Return the condition that a column has one of the numbers that a query selects: each is looked up in its index.

    With IN, PostgreSQL may read the whole table of the column instead: it plans for a member with many texts.
    """
    return _IsSelected(column, numbers.scalar_subquery())
