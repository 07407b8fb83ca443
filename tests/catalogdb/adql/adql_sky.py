"""A small sky to translate queries over and to run them on: tables as a store has them, in a DuckDB."""

from __future__ import annotations

import datetime

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

import sql
from catalogdb import Column, Table
from catalogdb.adql.translate import Translated, translate
from catalogdb.astrometry import ASTROMETRY
from catalogdb.system_tables import SYSTEM_TABLES


def _column(name: str, type_: str, ucd: str, unit: str | None = None) -> Column:
    return Column(name=name, type=type_, ucd=ucd, unit=unit, about=f"About {name}")


STARS = Table(
    name="stars",
    about="Stars",
    columns=(
        _column("source_id", "BIGINT", "meta.id;meta.main"),
        *(ASTROMETRY[name] for name in ("ra", "dec", "hpx29", "parallax", "pmra", "pmdec")),
        _column("mag", "REAL", "phot.mag", "mag"),
        _column("n_obs", "SMALLINT", "meta.number", ""),
        _column("name", "VARCHAR", "meta.id"),
        _column("flag", "BOOLEAN", "meta.code"),
        _column("seen", "TIMESTAMP", "time.epoch"),
        _column("fluxes", "REAL[]", "phot.flux", "Jy"),
    ),
)
PLAIN = Table(
    name="plain",
    about="Some of the stars",
    columns=(
        _column("source_id", "BIGINT", "meta.id;meta.main"),
        _column("mag", "REAL", "phot.mag", "mag"),
        _column("colour", "DOUBLE", "phot.color", "mag"),
    ),
)
LINKS = Table(
    name="links",
    schema="matches",
    about="Which are one",
    columns=(_column("left_id", "BIGINT", "meta.id"), _column("right_id", "BIGINT", "meta.id")),
)
UPLOAD = Table(
    name="mine",
    schema="tap_upload",
    about="A user's rows",
    columns=(
        _column("id", "INTEGER", "meta.id"),
        _column("d_kpc", "DOUBLE", "pos.distance", "kpc"),
        _column("code", "VARCHAR", "meta.code"),
    ),
)
TABLES = (STARS, PLAIN, LINKS, *SYSTEM_TABLES.values())

N = 400


def translated(query: str, *, strict: bool = False) -> Translated:
    """The query over the tables of this sky."""
    return translate(query, TABLES, strict=strict, uploads=(UPLOAD,))


def rows() -> dict[str, npt.NDArray[np.generic]]:
    """The columns of `stars`, NaN where a number is missing, None where a text is."""
    rng = np.random.default_rng(7)
    k = np.arange(N)
    mag = np.round(rng.uniform(5, 20, N), 2).astype(np.float32)
    mag[::11] = np.nan
    parallax = rng.normal(3, 4, N)
    parallax[::17] = np.nan
    parallax[5] = 0.0
    return {
        "source_id": k * 1_000_003 - 50,
        "ra": rng.uniform(0, 360, N),
        "dec": np.degrees(np.arcsin(rng.uniform(-1, 1, N))),
        "hpx29": k * 1000,
        "parallax": parallax,
        "pmra": rng.normal(0, 20, N),
        "pmdec": rng.normal(0, 20, N),
        "mag": mag,
        "n_obs": rng.integers(-5, 30, N).astype(np.int16),
        "name": np.array([None if i % 13 == 0 else f"{'Star' if i % 2 else 'star'}_{i % 50}" for i in k]),
        "flag": k % 3 == 0,
        "seen": np.array([datetime.datetime(2016, 1, 1) + datetime.timedelta(hours=7 * int(i)) for i in k]),
    }


def sky() -> duckdb.DuckDBPyConnection:
    """A DuckDB with the tables filled, and catalogdb's macros."""
    con = duckdb.connect()
    for statement in sql.macros():
        con.execute(statement)
    for table in (STARS, PLAIN, LINKS, UPLOAD):
        con.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.schema}"')
        columns = ", ".join(f'"{c.name}" {c.type}' for c in table.columns)
        con.execute(f"CREATE TABLE {table.qualified_name} ({columns})")
    given = rows()
    arrays = {
        name: pa.array(
            values.tolist() if values.dtype == object else values, mask=_missing(values), from_pandas=True
        )
        for name, values in given.items()
    }
    con.register("given", pa.table(arrays))
    con.execute("INSERT INTO catalogs.stars SELECT *, [mag, 1] FROM given")
    con.execute("INSERT INTO catalogs.plain SELECT source_id, mag, n_obs / 10 FROM given WHERE n_obs > 10")
    con.execute("INSERT INTO matches.links SELECT source_id, source_id + 1 FROM given WHERE n_obs < 0")
    con.execute("INSERT INTO tap_upload.mine VALUES (1, 0.5, 'a'), (2, NULL, 'b')")
    return con


def _missing(values: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_] | None:
    return np.isnan(values) if np.issubdtype(values.dtype, np.floating) else None
