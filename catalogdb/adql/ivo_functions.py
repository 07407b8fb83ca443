"""The user-defined functions: those of the IVOA's catalogue of them, version 1.2, and some in wide use.

The catalogue (Endorsed Note "Catalogue of ADQL User Defined Functions") has an example for each, which the
tests hold them to. Left out is ivo_simbadpoint, which needs a network.
"""

from __future__ import annotations

from catalogdb.adql import write
from catalogdb.adql.errors import AdqlError
from catalogdb.adql.frames import FRAMES, rotation
from catalogdb.adql.tree import Call
from catalogdb.adql.typed import Typed
from catalogdb.adql.user_functions import UserFunction
from catalogdb.uploaded import UPLOADS

DEEPEST_ORDER = 29
GAIA_ORDER = 12
MOST_BINS = 10_000
LONGEST = 2000
"""Characters of a value that is written several times."""


def _order(node: Call, typed: Typed, deepest: int) -> str:
    """The order of a HEALPix cell; raises AdqlError for a literal that is none."""
    if typed.constant is None:
        return write.where_holds(typed.sql, f"{{x}} BETWEEN 0 AND {deepest}")
    if not isinstance(typed.constant, int) or not 0 <= typed.constant <= deepest:
        raise AdqlError(f"{node.name}: orders are whole numbers from 0 to {deepest}", typed.at)
    return typed.sql


def _healpix_index(node: Call, arguments: tuple[Typed, ...]) -> str:
    first, *position = arguments
    order = _order(node, first, DEEPEST_ORDER)
    if len(position) == 2:
        lon, lat = position
    elif position[0].made_by == "POINT":
        lon, lat = position[0].parts
    else:
        return f"(hpx29_of_point({position[0].sql}) >> (58 - 2 * {order}))"
    return f"({_hpx29(lon, lat)} >> (58 - 2 * {order}))"


def _hpx29(lon: Typed, lat: Typed) -> str:
    """The cell of order 29; of a table's own position it is a column."""
    if lon.column and lat.column and lon.column.alias == lat.column.alias:
        table = lon.column.table
        own = (lon.column.column.name, lat.column.column.name) == ("ra", "dec")
        if table is not None and table.is_positional and own and table.schema != UPLOADS:
            return write.qualified(lon.column.alias, "hpx29")
    return f"hpx29({lon.sql}, {lat.sql})"


def _gaia_healpix_index(node: Call, arguments: tuple[Typed, ...]) -> str:
    order, source = arguments
    return f"({source.sql} >> (59 - 2 * {_order(node, order, GAIA_ORDER)}))"


def _healpix_center(node: Call, arguments: tuple[Typed, ...]) -> str:
    order, index = arguments
    return f"healpix_center({_order(node, order, DEEPEST_ORDER)}, {index.sql})"


def _geom_transform(node: Call, arguments: tuple[Typed, ...]) -> str:
    source, target, geometry = arguments
    for frame in (source, target):
        if frame.constant not in FRAMES:
            raise AdqlError(
                f"{node.name}: no frame {frame.constant!r}; there are {', '.join(FRAMES)}", frame.at
            )
    if source.constant == target.constant:
        return geometry.sql
    matrix = ", ".join(map(write.real, rotation(str(source.constant), str(target.constant))))
    return f"rotated_{geometry.type.name.lower()}({geometry.sql}, [{matrix}])"


def _histogram(node: Call, arguments: tuple[Typed, ...]) -> str:
    value, lower, upper, bins = arguments
    if len(value.sql) > LONGEST:
        raise AdqlError(f"{node.name}: compute such a long value in a subquery", value.at)
    low, high, count = (float(each.constant or 0) for each in (lower, upper, bins))
    if not low < high:
        raise AdqlError(f"{node.name}: the lower limit is to be below the upper one", lower.at)
    if not 1 <= count <= MOST_BINS:
        raise AdqlError(f"{node.name}: there can be 1 to {MOST_BINS:,} bins", bins.at)
    of = f"{value.sql}, {write.real(low)}, {write.real(high)}, {int(count)}"
    return (
        f"list_transform([histogram(histogram_bin({of}))], lambda h: list_transform("
        f"range({int(count) + 2}), lambda i: CAST(coalesce(h[i], 0) AS INTEGER)))[1]"
    )


_EPOCH = (
    "ra DOUBLE, dec DOUBLE, parallax DOUBLE, pmra DOUBLE, pmdec DOUBLE, radial_velocity DOUBLE, "
    "ref_epoch DOUBLE, out_epoch DOUBLE"
)

USER_FUNCTIONS = (
    UserFunction(
        form="ivo_healpix_index(hpxOrder INTEGER, long DOUBLE, lat DOUBLE) -> BIGINT",
        about="The HEALPix cell (NESTED) of a position [deg] at an order from 0 to 29",
        written=_healpix_index,
        unit="",
        ucd="pos.healpix",
    ),
    UserFunction(
        form="ivo_healpix_index(hpxOrder INTEGER, p POINT) -> BIGINT",
        about="The HEALPix cell (NESTED) of a point at an order from 0 to 29",
        written=_healpix_index,
        unit="",
        ucd="pos.healpix",
    ),
    UserFunction(
        form="ivo_healpix_center(hpxOrder INTEGER, hpxIndex BIGINT) -> POINT",
        about="The centre of a HEALPix cell (NESTED)",
        written=_healpix_center,
        unit="deg",
    ),
    UserFunction(
        form="gaia_healpix_index(norder INTEGER, source_id BIGINT) -> BIGINT",
        about="The HEALPix cell (NESTED) that a source_id of Gaia names, at an order from 0 to 12",
        written=_gaia_healpix_index,
        unit="",
        ucd="pos.healpix",
    ),
    UserFunction(
        form=f"ivo_epoch_prop_pos({_EPOCH}) -> POINT",
        about="The position at another epoch, by uniform motion in space: deg, mas, mas/yr (pmra with "
        "cos(dec)), km/s, Julian years. A missing parallax is that of an infinite distance, a missing motion "
        "or radial velocity 0, a missing position or epoch an error",
        sql="epoch_propagated({ra}, {dec}, {parallax}, coalesce({pmra}, 0), coalesce({pmdec}, 0), "
        "{radial_velocity}, {ref_epoch}, {out_epoch})[1:2]",
        unit="deg",
    ),
    UserFunction(
        form="ivo_epoch_prop_pos(ra DOUBLE, dec DOUBLE, pmra DOUBLE, pmdec DOUBLE, ref_epoch DOUBLE, "
        "out_epoch DOUBLE) -> POINT",
        about="The same without parallax and radial velocity",
        sql="epoch_propagated({ra}, {dec}, NULL, coalesce({pmra}, 0), coalesce({pmdec}, 0), NULL, "
        "{ref_epoch}, {out_epoch})[1:2]",
        unit="deg",
    ),
    UserFunction(
        form=f"ivo_epoch_prop({_EPOCH}) -> DOUBLE[6]",
        about="Position, parallax, motion and radial velocity at another epoch, in the order and units of "
        "the arguments; what is missing stays missing, and half a motion is none",
        sql="epoch_propagated({ra}, {dec}, {parallax}, {pmra}, {pmdec}, {radial_velocity}, {ref_epoch}, "
        "{out_epoch})",
    ),
    UserFunction(
        form="ivo_geom_transform(from_sys VARCHAR, to_sys VARCHAR, geo GEOMETRY) -> GEOMETRY",
        about=f"A geometry in another frame, by rotation; frames are literals: {', '.join(FRAMES)} (FK5 "
        "and ECLIPTIC of J2000, FK4 of B1950)",
        written=_geom_transform,
        constants=("from_sys", "to_sys"),
        unit="deg",
    ),
    UserFunction(
        form="ivo_to_jd(d TIMESTAMP) -> DOUBLE",
        about="The Julian date of a timestamp, or of an ISO date as a text; of its own time scale",
        sql="(epoch_us({d}) / 86400e6 + 2440587.5e0)",
        unit="d",
        ucd="time.epoch",
    ),
    UserFunction(
        form="ivo_to_mjd(d TIMESTAMP) -> DOUBLE",
        about="The modified Julian date, likewise",
        sql="(epoch_us({d}) / 86400e6 + 40587)",
        unit="d",
        ucd="time.epoch",
    ),
    UserFunction(
        form="ivo_string_agg(expression VARCHAR, delimiter VARCHAR) -> VARCHAR",
        about="The texts of a group in their order, with a literal between them; an aggregate",
        sql="string_agg({expression}, {delimiter} ORDER BY {expression})",
        constants=("delimiter",),
        is_aggregate=True,
    ),
    UserFunction(
        form="ivo_nocasematch(value VARCHAR, pattern VARCHAR) -> INTEGER",
        about="1 if a text has a pattern of LIKE, the case of letters ignored, else 0",
        sql="{value} ILIKE {pattern}",
        is_truth=True,
    ),
    UserFunction(
        form="ivo_hasword(haystack VARCHAR, needle VARCHAR) -> INTEGER",
        about="1 if all words of needle are words of haystack, the case of letters ignored, else 0",
        sql="list_has_all(regexp_extract_all(lower({haystack}), '[\\pL\\pN]+'), "
        "regexp_extract_all(lower({needle}), '[\\pL\\pN]+'))",
        is_truth=True,
    ),
    UserFunction(
        form="ivo_hashlist_has(hashlist VARCHAR, item VARCHAR) -> INTEGER",
        about="1 if item is in a list of words with # between them, the case of letters ignored, else 0",
        sql="list_contains(string_split(lower({hashlist}), '#'), lower({item}))",
        is_truth=True,
    ),
    UserFunction(
        form="ivo_histogram(val DOUBLE, lower DOUBLE, upper DOUBLE, nbins INTEGER) -> INTEGER[]",
        about="How many values are below lower (NULLs too), in each of nbins bins, and at or above upper; "
        "limits and bins are literals; an aggregate",
        written=_histogram,
        constants=("lower", "upper", "nbins"),
        unit="",
        ucd="meta.number",
        is_aggregate=True,
    ),
    UserFunction(
        form="ivo_normal_random(mu DOUBLE, sigma DOUBLE) -> DOUBLE",
        about="A random number of the normal distribution",
        sql="({mu} + {sigma} * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))",
    ),
    UserFunction(
        form="ivo_interval_overlaps(a1 DOUBLE, b1 DOUBLE, a2 DOUBLE, b2 DOUBLE) -> INTEGER",
        about="1 if the intervals from a1 to b1 and from a2 to b2 have a number in common, else 0",
        sql="{a1} <= {b2} AND {a2} <= {b1} AND {a1} <= {b1} AND {a2} <= {b2}",
        is_truth=True,
    ),
    UserFunction(
        form="ivo_hms_to_degrees(hms VARCHAR) -> DOUBLE",
        about="Hours, minutes and seconds to degrees: 3:34:45.4, 3h34m45.4s, 033445.4; NULL of anything else",
        sql="(15 * sexagesimal({hms}, 'h'))",
        unit="deg",
    ),
    UserFunction(
        form="ivo_dms_to_degrees(dms VARCHAR) -> DOUBLE",
        about="Degrees, minutes and seconds to degrees: -42:9:6.8, 42d9m6.8s, +420906.8; NULL of all else",
        sql="sexagesimal({dms}, 'd')",
        unit="deg",
    ),
)
