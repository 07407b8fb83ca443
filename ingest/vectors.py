"""SQL over vectors of three components, in layers of named columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ingest.converters.base import Layer

Vector: TypeAlias = tuple[str, str, str]
"""SQL of three components."""

Matrix: TypeAlias = Sequence[Sequence[float]]


def names(tag: str, kind: str) -> Vector:
    """Quoted names for the components of a vector."""
    return (f'"{tag}:{kind}x"', f'"{tag}:{kind}y"', f'"{tag}:{kind}z"')


def layer(columns: Vector, values: Iterable[str]) -> Layer:
    """The layer that gives each component its value."""
    return dict(zip(columns, values, strict=True))


def dot(row: Sequence[float] | Vector, vector: Vector) -> str:
    """SQL of a scalar product with numbers, or with another vector."""
    factors = (a if isinstance(a, str) else repr(a) for a in row)
    return f"({' + '.join(f'{a} * {b}' for a, b in zip(factors, vector, strict=True))})"


def turned(matrix: Matrix, vector: Vector) -> Iterable[str]:
    """SQL of the components of matrix times vector."""
    return (dot([float(x) for x in row], vector) for row in matrix)
