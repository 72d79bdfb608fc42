"""Queries of members' pages that bypass SQLAlchemy's session, over the connection that reads versions (versions.py).

The session takes several times as long to send a statement as the database takes to answer it. Each of these queries
sees what is committed when it begins, and no pending change of the session: only pages, which write nothing, use them.
"""

from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect
from sqlalchemy.sql.elements import ClauseElement

from forum import versions
from forum.db import db

Convert = Callable[[Any], Any]
# PostgreSQL's number of its decimal type. What makes floats of decimals leaves floats as they are.
NUMERIC = 1700
# Compiled statements. A query has one for each length of its lists.
CACHE_SIZE = 200


class Parameter(NamedTuple):
    """A parameter of a compiled statement: its `source` value, the position in that if it is a list, a converter."""

    name: str
    source: str
    position: int | None
    convert: Convert | None


class CompiledQuery(NamedTuple):
    """A statement for one database: its text, its parameters, the names of its columns, and converters by position."""

    text: str
    is_positional: bool
    constants: Mapping[str, Any]
    parameters: list[Parameter]
    columns: list[tuple[int, Convert]]
    names: tuple[str, ...]


class DirectQuery:
    """A query whose statement a function builds."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self._build = build

    def rows(self, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Return the rows for these values. While the connection is lost, use the session instead."""
        query = compiled_query(self._build, (), db.engine.dialect, values)
        rows = versions.rows(query.text, parameters_of(query, values))
        if rows is None:
            return [tuple(row) for row in db.session.execute(self._build(), values)]
        return [converted_row(row, query.columns) for row in rows] if query.columns else rows


def compiled_query(
    build: Callable[..., ClauseElement], arguments: tuple[Hashable, ...], dialect: Dialect, values: Mapping[str, Any]
) -> CompiledQuery:
    """Return the compiled statement that a function builds of its arguments, with places for these values.

    It is kept under the lengths of lists with a place for each item. Those of other lists could tell how much somebody
    has written.
    """
    compiled, expanding = _compiled(build, arguments, dialect)
    lengths = tuple([(name, len(values[name])) for name in expanding])
    return _expanded(build, arguments, dialect, lengths) if lengths else compiled


@lru_cache(maxsize=CACHE_SIZE)
def _compiled(
    build: Callable[..., ClauseElement], arguments: tuple[Hashable, ...], dialect: Dialect
) -> tuple[CompiledQuery, list[str]]:
    """Return the compiled statement, for empty lists, and the names of the lists with a place for each item."""
    compiled: Any = build(*arguments).compile(dialect=dialect)
    expanding = [name for name, parameter in compiled.binds.items() if parameter.expanding and parameter.required]
    return _expanded(build, arguments, dialect, tuple([(name, 0) for name in expanding])), expanding


@lru_cache(maxsize=CACHE_SIZE)
def _expanded(
    build: Callable[..., ClauseElement],
    arguments: tuple[Hashable, ...],
    dialect: Dialect,
    lengths: tuple[tuple[str, int], ...],
) -> CompiledQuery:
    compiled: Any = build(*arguments).compile(dialect=dialect)
    state = compiled.construct_expanded_state(compiled.params | {name: [None] * length for name, length in lengths})
    parameters = {name: Parameter(name, name, None, compiled._bind_processors.get(name)) for name in state.parameters}
    for source, names in state.parameter_expansion.items():
        convert = compiled._bind_processors.get(source)
        parameters |= {name: Parameter(name, source, position, convert) for position, name in enumerate(names)}
    names = state.positiontup if compiled.positional else state.parameters
    types = [column.type.dialect_impl(dialect) for column in compiled._result_columns]
    processors = [column_type.result_processor(dialect, NUMERIC) for column_type in types]
    columns = [(position, convert) for position, convert in enumerate(processors) if convert is not None]
    labels = tuple([column.keyname for column in compiled._result_columns])
    return CompiledQuery(
        state.statement, compiled.positional, compiled.params, [parameters[name] for name in names], columns, labels
    )


def parameters_of(query: CompiledQuery, values: Mapping[str, Any]) -> Any:
    """Return the values of a statement's parameters in the form the driver takes, a tuple or a dictionary."""
    texts = []
    for _, source, position, convert in query.parameters:
        value = values[source] if source in values else query.constants[source]
        value = value if position is None else value[position]
        texts.append(convert(value) if convert is not None else value)
    if query.is_positional:
        return tuple(texts)
    return {parameter.name: value for parameter, value in zip(query.parameters, texts, strict=True)}


def converted_row(row: tuple[Any, ...], columns: list[tuple[int, Convert]]) -> tuple[Any, ...]:
    """Return the row with the values of these columns converted."""
    values = list(row)
    for position, convert in columns:
        if values[position] is not None:
            values[position] = convert(values[position])
    return tuple(values)
