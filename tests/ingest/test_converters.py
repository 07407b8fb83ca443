"""Every named conversion against astropy or erfa, and its inverse against itself."""

from __future__ import annotations

import erfa
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import Angle
from astropy.time import Time

from ingest.convert import stack
from ingest.converters import CONVERTERS
from ingest.scratch import scratch
from ingest.spec import Conversion


def run(
    by: str, inputs: list[list[object]], *, to: int = 1, inverse: bool = False, **options: object
) -> list[tuple]:
    """Run one conversion on columns of values; return its result rows."""
    converter = CONVERTERS[by]
    names = [f'"x{i}"' for i in range(len(inputs))]
    source, target = tuple(names), tuple(f"y{i}" for i in range(to))
    if inverse:
        source, target = tuple(f"y{i}" for i in range(to)), source
    conversion = Conversion(by=by, source=source, to=target, options=options)
    sql = converter.inverse if inverse else converter.forward
    assert sql is not None
    steps = sql(conversion, names, "t")
    with scratch() as con:
        rows = list(zip(*inputs, strict=True))
        marks = ", ".join("(" + ", ".join("?" * len(names)) + ")" for _ in rows)
        table = f"(VALUES {marks}) AS given({', '.join(names)})"
        query = stack(table, steps.layers, ", ".join(steps.outputs))
        return con.execute(query, [v for row in rows for v in row]).fetchall()


HOURS = ["00 00 00", "05 14 32.27", "23 59 59.999", "12:30:45.5", "1h2m3.5s"]
DEGREES = ["-00 00 01.5", "+38 18 14.7", "-08:12:05.9", "-00d30m00s", "00 00 00"]


def test_sexagesimal_texts_agree_with_astropy() -> None:
    hours = [r[0] for r in run("sexagesimal_hours", [HOURS])]
    np.testing.assert_allclose(hours, [Angle(h, unit="hourangle").deg for h in HOURS], rtol=0, atol=1e-12)
    degrees = [r[0] for r in run("sexagesimal_degrees", [DEGREES])]
    np.testing.assert_allclose(degrees, [Angle(d, unit="deg").deg for d in DEGREES], rtol=0, atol=1e-13)


def test_sixty_seconds_and_24_hours_are_read() -> None:
    """Roundings that catalogues contain, and astropy warns of."""
    assert run("sexagesimal_hours", [["23 59 60.0", "24 00 00"]]) == [(360,), (360,)]
    assert run("sexagesimal_degrees", [["89 59 60.0", "-90 00 00"]]) == [(90,), (-90,)]


def test_the_sign_of_minus_zero_degrees_is_kept() -> None:
    assert run("sexagesimal_degrees", [["-00 30 00"]])[0][0] == -0.5
    assert run("sexagesimal_degrees", [["-00"], ["30"], ["00"]])[0][0] == -0.5
    assert run("sexagesimal_degrees", [["-"], [0], [30], [0]])[0][0] == -0.5
    assert run("sexagesimal_degrees", [["+"], [0], [30], [0]])[0][0] == 0.5
    assert run("sexagesimal_degrees", [["-00"], ["30.5"]])[0][0] == pytest.approx(-30.5 / 60, abs=1e-15)


@pytest.mark.parametrize("text", ["12 60 00", "12 00 61", "12 -1 00", "twelve"])
def test_no_angle_is_null(text: str) -> None:
    assert run("sexagesimal_hours", [[text]]) == [(None,)]


def test_sexagesimal_back_rounds_to_the_minute_and_hour() -> None:
    assert run("sexagesimal_hours", [[359.99999999999]], inverse=True, decimals=2) == [("00 00 00.00",)]
    assert run("sexagesimal_degrees", [[-0.25]], inverse=True, decimals=1) == [("-00 15 00.0",)]
    assert run("sexagesimal_degrees", [[29.9999999]], inverse=True, decimals=1) == [("+30 00 00.0",)]
    assert run("sexagesimal_degrees", [[-5.5]], to=3, inverse=True, decimals=0) == [("-05", "30", "00")]


DATES = [
    "1966-01-01",
    "1968-03-01T12:00:00",
    "1991-04-02T13:30:00",
    "1999-12-31T23:59:58",
    "2016-06-30T12:00:00",
]


@pytest.mark.parametrize("scale", ["utc", "tt", "tdb", "tcb"])
def test_dates_agree_with_astropy(scale: str) -> None:
    times = Time(DATES, scale=scale)
    truth = times.tdb.jyear
    tolerance_yr = 4e-7 if scale == "utc" else 1e-9  # UTC before 1972 is a step function here
    for by, values in (
        ("jd_to_year", times.jd.tolist()),
        ("mjd_to_year", times.mjd.tolist()),
        ("iso_to_year", [t.isot for t in times]),
    ):
        ours = [r[0] for r in run(by, [values], time_scale=scale.upper())]
        np.testing.assert_allclose(ours, truth, rtol=0, atol=tolerance_yr, err_msg=by)
        if by != "iso_to_year":
            back = [r[0] for r in run(by, [ours], inverse=True, time_scale=scale.upper())]
            np.testing.assert_allclose(back, values, rtol=0, atol=1e-8)


def test_utc_since_1972_is_exact_to_a_millisecond() -> None:
    times = Time(["1972-01-02", "1991-04-02T13:30:00", "2012-07-01T00:00:00", "2020-02-02"], scale="utc")
    ours = [r[0] for r in run("jd_to_year", [times.jd.tolist()], time_scale="UTC")]
    np.testing.assert_allclose(ours, times.tdb.jyear, rtol=0, atol=1e-10)


def test_besselian_years_agree_with_astropy() -> None:
    years = [1875.0, 1900.0, 1950.0, 1984.0]  # TT, as TDB is within 2 ms: 6e-11 yr
    ours = [r[0] for r in run("besselian_to_year", [years], time_scale="TT")]
    np.testing.assert_allclose(ours, Time(years, format="byear", scale="tt").jyear, rtol=0, atol=1e-9)
    back = [r[0] for r in run("besselian_to_year", [ours], inverse=True, time_scale="TT")]
    np.testing.assert_allclose(back, years, rtol=0, atol=1e-9)


def test_an_error_ellipse_is_its_covariance() -> None:
    rng = np.random.default_rng(1)
    major = rng.uniform(60, 300, 50)
    minor = major * rng.uniform(0.1, 0.99, 50)
    angle = rng.uniform(0, 180, 50)
    result = np.array(run("ellipse_to_errors", [major.tolist(), minor.tolist(), angle.tolist()], to=3))
    for a, b, theta, (ra, dec, corr) in zip(major, minor, np.radians(angle), result, strict=True):
        axis = np.array([np.sin(theta), np.cos(theta)])  # east, north
        other = np.array([np.cos(theta), -np.sin(theta)])
        truth = a**2 * np.outer(axis, axis) + b**2 * np.outer(other, other)
        np.testing.assert_allclose([[ra**2, corr * ra * dec], [corr * ra * dec, dec**2]], truth, rtol=1e-9)
    back = np.array(run("ellipse_to_errors", result.T.tolist(), to=3, inverse=True))
    np.testing.assert_allclose(back, np.column_stack([major, minor, angle]), rtol=1e-7)


def test_cosigma_keeps_its_sign() -> None:
    co, ra, dec = [-0.0182, 0.01], [0.04, 0.03], [0.05, 0.02]
    corr = [r[0] for r in run("cosigma_to_corr", [co, ra, dec])]
    np.testing.assert_allclose(corr, [-(0.0182**2) / (0.04 * 0.05), 0.01**2 / (0.03 * 0.02)], rtol=1e-12)
    back = [r[0] for r in run("cosigma_to_corr", [corr, ra, dec], inverse=True, to=3)]
    np.testing.assert_allclose(back, co, rtol=1e-12)


def test_components_in_right_ascension_take_cos_dec() -> None:
    assert run("times_cosdec", [[2.0], [60.0]])[0][0] == pytest.approx(1.0)
    assert run("times_cosdec", [[1.0], [60.0]], inverse=True, to=2)[0][0] == pytest.approx(2.0)


def test_a_position_moves_by_its_own_motion() -> None:
    """Against erfa for a star without parallax or radial velocity, also beside the pole."""
    ra, dec = [10.0, 359.9999, 45.0], [20.0, -70.0, 89.99]
    pmra, pmdec = [1500.0, 900.0, -2000.0], [-800.0, 300.0, 1000.0]
    years = [-30.5, 12.0, -20.0]
    ours = np.array(
        run(
            "move_position",
            [ra, dec, pmra, pmdec, [2000.0] * 3, [2000 + y for y in years], [2000 + y for y in years]],
            to=2,
        )
    )
    for i, (a, d) in enumerate(ours):
        r = erfa.s2c(np.radians(ra[i]), np.radians(dec[i]))
        east = np.array([-np.sin(np.radians(ra[i])), np.cos(np.radians(ra[i])), 0])
        north = np.cross(r, east)
        mas = np.radians(1 / 3.6e6)
        moved = r + years[i] * mas * (pmra[i] * east + pmdec[i] * north)
        separation = erfa.seps(np.radians(a), np.radians(d), *erfa.c2s(moved / np.linalg.norm(moved)))
        assert (separation * u.rad).to_value("mas") < 1e-5


def test_errors_grow_with_time() -> None:
    assert run("error_at_epoch", [[3.0], [0.4], [2000.0], [1990.0]])[0][0] == pytest.approx(5.0)
    assert run("error_at_epoch", [[3.0], [None], [2000.0], [1990.0]])[0][0] == pytest.approx(3.0)


def test_identifiers_join_and_split() -> None:
    rows = run("join", [[1, 9537], [13, 387], [1, 2]], format="TYC %d-%d-%d")
    assert rows == [("TYC 1-13-1",), ("TYC 9537-387-2",)]
    assert run("join", [[1], [None]], format="%04d-%d") == [(None,)]
    assert run("join", [["UCAC4-001-000005"]], inverse=True, to=2, format="UCAC4-%03d-%06d") == [("1", "5")]
    assert run("first", [[None, 2], [3, 4]]) == [(3,), (2,)]


def test_weights_are_the_cholesky_factor_of_the_inverse_covariance() -> None:
    rng = np.random.default_rng(7)
    a = rng.normal(size=(5, 5))
    covariance = a @ a.T + np.eye(5)
    sigma = np.sqrt(np.diag(covariance))
    upper = np.linalg.cholesky(np.linalg.inv(covariance)).T
    packed = [upper[i, j] * (sigma[i] if i == j else 1) for j in range(5) for i in range(j + 1)]
    inputs = [[float(x)] for x in (*packed, *sigma)]
    (ours,) = run("weights_to_corr", inputs, to=10)
    truth = (covariance / np.outer(sigma, sigma))[np.triu_indices(5, 1)]
    np.testing.assert_allclose(ours, truth, atol=1e-12)
    (back,) = run("weights_to_corr", [[float(x)] for x in (*ours, *sigma)], to=20, inverse=True)
    np.testing.assert_allclose(back[:15], packed, atol=1e-10)
    spoilt = [[x[0] * 1.5] if i == 0 else x for i, x in enumerate(inputs)]
    assert run("weights_to_corr", spoilt, to=10) == [(None,) * 10]


PACKED = {"051432.27": "05 14 32.27", "05143227": "05 14 32.27", "222957.": "22 29 57", "0514325": "05 14 32.5", "23595": "23 59.5"}  # fmt: skip


def test_packed_angles_agree_with_astropy() -> None:
    hours = [r[0] for r in run("sexagesimal_hours", [list(PACKED)], packed=True)]
    np.testing.assert_allclose(
        hours, [Angle(x, unit="hourangle").deg for x in PACKED.values()], rtol=0, atol=1e-12
    )
    degrees = [r[0] for r in run("sexagesimal_degrees", [["-00300123", "+132001. ", "-0616"]], packed=True)]
    truth = Angle(["-00d30m01.23s", "+13d20m01s", "-06d16m00s"]).deg
    np.testing.assert_allclose(degrees, truth, rtol=0, atol=1e-13)


def test_what_is_no_packed_angle_has_no_value() -> None:
    wrong = [["0514 32"], ["05"], ["056132"], ["05143x"], ["+051432.2.7"]]
    assert [run("sexagesimal_hours", [x], packed=True) for x in wrong] == [[(None,)]] * 5


def test_packed_angles_are_written_with_and_without_a_point() -> None:
    back = {"inverse": True, "packed": True}
    assert run("sexagesimal_hours", [[78.634458333333]], decimals=2, **back) == [("051432.27",)]
    assert run("sexagesimal_degrees", [[-0.5003416667]], decimals=2, point=False, **back) == [("-00300123",)]


def test_a_code_tells_the_unit() -> None:
    codes = {"codes": "y = yr, d = d, c = 100 yr, * = h", "unit": "yr"}
    numbers, letters = ["2.5", "365.25", "1.5", "8766"], ["y", "d", "c", None]
    assert run("unit_by_code", [numbers, letters], **codes) == [(2.5,), (1.0,), (150.0,), (1.0,)]
    assert run("unit_by_code", [["x"], ["y"]], **codes) == [(None,)]
    years = [2.5, 1.0, 150.0]
    back = CONVERTERS["unit_by_code"].inverse(
        Conversion(by="unit_by_code", source=("a", "b"), to=("c",), options=codes), ['"x0"', '"x1"'], "t"
    )
    with scratch() as con:
        for year, letter, number in zip(years, letters, numbers, strict=False):
            query = f'SELECT {back.outputs[0]} FROM (VALUES ({year}, {letter!r})) AS v("x0", "x1")'
            assert con.execute(query).fetchall()[0][0] == pytest.approx(float(number), rel=1e-15)


def test_a_code_tells_the_kind_of_a_date() -> None:
    codes = "B = Besselian year, c = Besselian century, J = Julian year, d = JD-2400000, m = MJD, j = JD"
    dates = ["1955.66", "19.5566", "1955.66", "48349.0625", "48348.5625", "2448349.0625"]
    years = [r[0] for r in run("coded_date", [dates, list("BcJdmj")], codes=codes)]
    besselian = Time(1955.66, format="byear", scale="tdb").jyear
    np.testing.assert_allclose(
        years, [besselian, besselian, 1955.66, 1991.25, 1991.25, 1991.25], rtol=0, atol=1e-9
    )


def test_a_text_is_cut_into_the_groups_of_a_pattern() -> None:
    pattern = r"(\d{9})([+-]\d{8})"
    assert run("split", [["000520141-05422743", "00052-0542"]], to=2, pattern=pattern) == [
        ("000520141", "-05422743"),
        (None, None),
    ]
    assert run("split", [["000520141"], ["-05422743"]], to=1, inverse=True, pattern=pattern) == [
        ("000520141-05422743",)
    ]


def test_numbers_with_marks() -> None:
    texts = ["0.017", "Fixed", "150.:", "-", "12.D0", "1.5e-03", "abc", "5 x"]
    found = run("number_and_mark", [texts], to=2, marks="Fixed : -")
    assert found == [(0.017, None), (None, "Fixed"), (150.0, ":"), (None, "-"), (12.0, None), (0.0015, None), (None, None), (None, None)]  # fmt: skip
    back = run("number_and_mark", [[150.0, None], [":", "Fixed"]], to=1, inverse=True, marks="Fixed :")
    assert back == [("150.0:",), ("Fixed",)]


def test_texts_without_markup_where_equal_and_join_with_a_missing_part() -> None:
    assert run("without_markup", [["$\\alpha$ Cen", "$\\theta^1$ Ori"]]) == [("alpha Cen",), ("theta1 Ori",)]
    assert run("where_equal", [["71683", "128620"], ["HIP", "HD"]], text="HIP") == [("71683",), (None,)]
    assert run("number", [["12.5", "x"]]) == [(12.5,), (None,)]
    joined = run("join", [["00000+7530", "00000+4004"], [None, "AB"]], format="%s %s", missing="")
    assert joined == [("00000+7530",), ("00000+4004 AB",)]


def test_positions_as_names() -> None:
    rows = run("position_name", [[135.68157, 0.0000004, 5.5], [49.745309, -0.5, -89.25]])
    assert rows == [("135.681570+49.745309",), ("000.000000-00.500000",), ("005.500000-89.250000",)]


def test_arcsine_codes_run_from_minus_one_to_one() -> None:
    rows = run("arcsine_to_corr", [[-99, 450, 999], [450 + 183, 450 - 366, 450]], to=2)
    half, three_fifths = np.sin(np.pi / 6), np.sin(np.pi / 3)
    np.testing.assert_allclose(rows, [(-1, half), (0, -three_fifths), (1, 0)], atol=1e-15)
    assert run("arcsine_to_corr", [[-1.0], [0.5]], to=2, inverse=True) == [
        (pytest.approx(-99), pytest.approx(633))
    ]


def test_a_text_with_other_text_between_its_parts() -> None:
    options = {"pattern": r"System(\d+)Orbit(\d+)Begin", "format": "System%dOrbit%sBegin"}
    assert run("split", [["System815Orbit4Begin", "System815"]], to=2, **options) == [
        ("815", "4"),
        (None, None),
    ]
    assert run("split", [[815.0], ["4"]], inverse=True, **options) == [("System815Orbit4Begin",)]


def test_a_number_without_a_code_has_the_unit_for_all_others() -> None:
    """A text that is no number is then due a value, and so a bad record."""
    converter = CONVERTERS["unit_by_code"]
    conversion = Conversion(
        by="unit_by_code", source=("a", "b"), to=("c",), options={"codes": "m = mas, * = arcsec"}
    )
    assert converter.due is not None
    assert converter.due(conversion, ["x", "y"]) == "x IS NOT NULL"
    strict = Conversion(by="unit_by_code", source=("a", "b"), to=("c",), options={"codes": "m = mas"})
    assert converter.due(strict, ["x", "y"]) == "x IS NOT NULL AND y IS NOT NULL"
    result = run("unit_by_code", [["3.8", "3.8"], ["u", None]], codes="u = um, * = nm", unit="nm")
    assert result == [(3800.0,), (3.8,)]
