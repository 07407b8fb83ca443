"""Compiled loops of the acceleration test: each star's entries against uniform and accelerated motion.

One file, because numba's cache on disk looks at the file of a function alone. Nothing here is for
people: `analysis.acceleration.reference` and `gls` say what goes in and what comes out.

A star is seven numbers: ra, dec [deg], epoch [yr], parallax [mas], pmra, pmdec, radial motion [mas/yr].
An entry's remainder is eight: observed minus computed ra*, dec [mas], pmra, pmdec [mas/yr], the years of
ra and of dec since the star's epoch, and cosine and sine of the angle by which east and north there are
turned against the star's, by the meridians' convergence. East and north are those of the observed place,
along which a catalogue's motions and errors are given: next to a pole no others will do.

Uniform space motion is that of `catalogdb.epoch` (ESA SP-1200, 1997, volume 1, section 1.5.5), with all
places as small vectors along the star's own east and north, so that a difference of two keeps its digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from catalogdb.epoch import KM_S_PER_AU_YR, MAS_PER_RAD

TOLERANCE_MAS = 1e-4
"""Largest error of the linear model, at any epoch, before the reference star is improved."""

MAX_STEPS = 10

FLOOR = 1e-20
"""A column of the design whose square keeps less than this beyond the columns before is theirs."""

STAR = 7
REMAINDER = 8
FIELDS = (
    *("ra", "dec", "epoch", "parallax", "pmra", "pmdec", "radial_motion"),
    *("measured", "epoch_first", "epoch_last"),
    *("chi2_lin", "chi2_acc", "chi2_jerk", "gain_acc", "gain_jerk"),
    *("step_pmra", "step_pmdec", "pmra_var", "pmdec_var", "pm_cov"),
    *("acc_ra", "acc_dec", "acc_ra_var", "acc_dec_var", "acc_cov"),
)
"""What `fit_stars` writes of each star, in the order of its rows; the first seven are the star."""

COLUMNS = (
    *("ra", "dec", "ra_epoch", "dec_epoch", "pmra", "pmdec", "parallax", "parallax_error"),
    *("ra_error", "dec_error", "pm_error", "radial_velocity"),
)
"""What the loops read of each entry, in the order of the arrays of c."""

_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
_INNER = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


@njit(**_INNER)
def _cos_sin(dec_deg):  # type: ignore[no-untyped-def]
    height = abs(dec_deg)
    sin = np.sin(np.radians(dec_deg))
    # 90 - |dec| is exact above 45 deg: the cosine keeps its digits next to the poles.
    if height > 45.0:
        return np.sin(np.radians(90.0 - height)), sin
    return np.cos(np.radians(dec_deg)), sin


@njit(**_INNER)
def _known(value):  # type: ignore[no-untyped-def]
    return 0.0 if np.isnan(value) else value


@njit(**_INNER)
def _place(cos, sin, mu_east, mu_north, zeta, years):  # type: ignore[no-untyped-def]
    """The star's place: vector along its triad, then cos and sin of dra and of dec, and old distance/new."""
    xi, eta, stretch = mu_east * years, mu_north * years, 1.0 + zeta * years
    factor = 1.0 / np.sqrt(stretch * stretch + xi * xi + eta * eta)
    x = cos * stretch - sin * eta
    rho = np.sqrt(x * x + xi * xi)
    cos_a, sin_a = (x / rho, xi / rho) if rho > 0.0 else (1.0, 0.0)
    cos_1, sin_1 = rho * factor, (sin * stretch + cos * eta) * factor
    return xi * factor, eta * factor, stretch * factor, cos_a, sin_a, cos_1, sin_1, factor


@njit(**_INNER)
def _turned(cos, sin, cos_a, sin_a, cos_1, sin_1):  # type: ignore[no-untyped-def]
    """Cosine and sine of the angle from the carried-along east to the east at the other place."""
    up, down = sin_a * (sin + sin_1), cos_a * (1.0 + sin * sin_1) + cos * cos_1
    length = np.sqrt(up * up + down * down)
    return down / length, up / length


@njit(**_INNER)
def _seen(cos, sin, dra, ddec):  # type: ignore[no-untyped-def]
    """As `_place`, without the last: what stands dra and ddec [rad] from the star."""
    half, rise, level = np.sin(0.5 * dra), np.sin(ddec), np.cos(ddec)
    cos_1, sin_1 = cos * level - sin * rise, sin * level + cos * rise
    cos_a, sin_a = 1.0 - 2.0 * half * half, 2.0 * half * np.cos(0.5 * dra)
    bend = 2.0 * cos_1 * half * half
    return cos_1 * sin_a, rise + sin * bend, level - cos * bend, cos_a, sin_a, cos_1, sin_1


@njit(**_INNER)
def _along(cos, sin, cos_a, sin_a, cos_1, sin_1, east, north, outward):  # type: ignore[no-untyped-def]
    """Components along east and north at another place of a vector that is given along the star's triad."""
    across = cos * outward - sin * north
    return (
        east * cos_a - across * sin_a,
        cos_1 * (cos * north + sin * outward) - sin_1 * (east * sin_a + across * cos_a),
    )


@njit(**_INNER)
def _speed(cos, sin, motion, there, here):  # type: ignore[no-untyped-def]
    """The motion at the computed place, carried along to east and north at the observed one [mas/yr]."""
    _, _, _, cos_c, sin_c, cos_1, sin_1, factor = there
    _, _, _, cos_o, sin_o, cos_2, sin_2 = here
    east, north = _along(cos, sin, cos_c, sin_c, cos_1, sin_1, motion[0], motion[1], motion[2])
    cos_a, sin_a = cos_o * cos_c + sin_o * sin_c, sin_o * cos_c - cos_o * sin_c
    cos_t, sin_t = _turned(cos_1, sin_1, cos_a, sin_a, cos_2, sin_2)
    size = factor * MAS_PER_RAD
    return (cos_t * east + sin_t * north) * size, (cos_t * north - sin_t * east) * size


@njit(**_INNER)
def _remainder(star, level, ra, dec, ra_epoch, dec_epoch, pmra, pmdec, moving, out):  # type: ignore[no-untyped-def]
    cos, sin = level
    motion = _known(star[4]) / MAS_PER_RAD, _known(star[5]) / MAS_PER_RAD, _known(star[6]) / MAS_PER_RAD
    turn = ra - star[0]
    dra, ddec = np.radians(turn - 360.0 * np.rint(turn / 360.0)), np.radians(dec - star[1])
    here = _seen(cos, sin, dra, ddec)
    out[4], out[5] = ra_epoch - star[2], dec_epoch - star[2]
    there = _place(cos, sin, motion[0], motion[1], motion[2], out[4])
    out[6], out[7] = _turned(cos, sin, here[3], here[4], here[5], here[6])
    east, north = _offset(cos, sin, here, there)
    out[0], out[1] = east * MAS_PER_RAD, north * MAS_PER_RAD
    out[2] = out[3] = 0.0
    if moving:
        east, north = _speed(cos, sin, motion, there, here)
        out[2], out[3] = pmra - east, pmdec - north
    if out[5] != out[4]:
        # The right ascension belongs to another moment: it is carried to that of the declination.
        later = _place(cos, sin, motion[0], motion[1], motion[2], out[5])
        here = _seen(cos, sin, dra + np.arctan2(later[4], later[3]) - np.arctan2(there[4], there[3]), ddec)
        out[1] = _offset(cos, sin, here, later)[1] * MAS_PER_RAD
        if moving:
            out[3] = pmdec - _speed(cos, sin, motion, later, here)[1]


@njit(**_INNER)
def _offset(cos, sin, here, there):  # type: ignore[no-untyped-def]
    """Observed minus computed place along east and north at the observed one [rad]."""
    east, north, outward = here[0] - there[0], here[1] - there[1], here[2] - there[2]
    return _along(cos, sin, here[3], here[4], here[5], here[6], east, north, outward)


@njit(**_INNER)
def _shift(star, step):  # type: ignore[no-untyped-def]
    """Move the star by step (ra*, dec, pmra, pmdec), its motion carried along to the new east and north."""
    cos, sin = _cos_sin(star[1])
    east, north = step[0] / MAS_PER_RAD, step[1] / MAS_PER_RAD
    _, _, _, cos_a, sin_a, cos_1, sin_1, _ = _place(cos, sin, east, north, 0.0, 1.0)
    x = cos - sin * north
    rho = np.sqrt(x * x + east * east)
    # rho - x loses digits unless written as a quotient; past the pole x is negative and it does not.
    excess = east * east / (rho + x) if x > 0.0 else rho - x
    ra = (star[0] + np.degrees(np.arctan2(sin_a, cos_a))) % 360.0
    star[0] = 0.0 if ra == 360.0 else ra
    dec = star[1] + np.degrees(np.arctan2(north - sin * excess, 1.0 + cos * excess))
    star[1] = min(90.0, max(-90.0, dec))
    turn_cos, turn_sin = _turned(cos, sin, cos_a, sin_a, cos_1, sin_1)
    pmra, pmdec = _known(star[4]) + step[2], _known(star[5]) + step[3]
    star[4], star[5] = turn_cos * pmra + turn_sin * pmdec, turn_cos * pmdec - turn_sin * pmra


@njit(**_INNER)
def _reference(first, last, c, moving, star, order):  # type: ignore[no-untyped-def]
    """Put a star at its most precise position, with its most precise motion and parallax; sort its rows."""
    star[:] = np.nan
    motion, near, radial = -1, -1, -1
    for i in range(first, last):
        # By their errors: small rows of a design lose their digits if they come before large ones.
        place = i - first
        size = c[8][i] ** 2 + c[9][i] ** 2
        while place > 0 and c[8][order[place - 1]] ** 2 + c[9][order[place - 1]] ** 2 > size:
            order[place] = order[place - 1]
            place -= 1
        order[place] = i
        if moving[i] and (motion < 0 or c[10][i] < c[10][motion]):
            motion = i
        if np.isfinite(c[6][i]) and (near < 0 or c[7][i] < c[7][near] or np.isnan(c[7][near])):
            near = i
        if radial < 0 and np.isfinite(c[11][i]):
            radial = i
    if last == first:
        return
    best = order[0]
    star[0], star[1] = c[0][best], c[1][best]
    star[2] = 0.5 * (c[2][best] + c[3][best])
    star[4] = c[4][motion] if motion >= 0 else 0.0
    star[5] = c[5][motion] if motion >= 0 else 0.0
    if near >= 0:
        star[3] = c[6][near]
        if radial >= 0:
            star[6] = c[11][radial] * c[6][near] / KM_S_PER_AU_YR


@njit(**_INNER)
def _whitened(left, weight, rows, at, a, lower):  # type: ignore[no-untyped-def]
    """Append an entry's rows to the design a (9, ..): eight parameters and what was observed, over errors."""
    for j in range(rows):
        for i in range(j, rows):
            total = weight[i, j]
            for k in range(j):
                total -= lower[i, k] * lower[j, k]
            lower[i, j] = np.sqrt(total) if i == j else total / lower[j, j]
    for j in range(9):
        for r in range(rows):
            a[j, at + r] = 0.0
    for i in range(rows):
        ra = i % 2 == 0
        years = left[4] if ra else left[5]
        east, north = (left[6], left[7]) if ra else (-left[7], left[6])
        base, rate, bend, jerk = 1.0, years, years * years / 2.0, years * years * years / 6.0
        if i > 1:
            base, rate, bend, jerk = 0.0, 1.0, years, years * years / 2.0
        for r in range(i + 1):
            w, to = lower[i, r], at + r
            if w == 0.0:
                continue
            a[0, to] += w * east * base
            a[1, to] += w * north * base
            a[2, to] += w * east * rate
            a[3, to] += w * north * rate
            a[4, to] += w * east * bend
            a[5, to] += w * north * bend
            a[6, to] += w * east * jerk
            a[7, to] += w * north * jerk
            a[8, to] += w * left[i]


@njit(**_INNER)
def _squares(values, low, high):  # type: ignore[no-untyped-def]
    total = 0.0
    for r in range(low, high):
        total += values[r] * values[r]
    return total


@njit(**_INNER)
def _reflect(a, rows, j, size):  # type: ignore[no-untyped-def]
    """Reflect rows from j so that column j, of squared length size there, is zero below its first."""
    own = a[j]
    diagonal = -np.sqrt(size) if own[j] > 0.0 else np.sqrt(size)
    scale = 1.0 / (size - own[j] * diagonal)
    own[j] -= diagonal
    for k in range(j + 1, 9):
        other, along = a[k], 0.0
        for r in range(j, rows):
            along += own[r] * other[r]
        along *= scale
        for r in range(j, rows):
            other[r] -= along * own[r]
    own[j] = diagonal


@njit(**_INNER)
def _triangle(a, rows, full):  # type: ignore[no-untyped-def]
    """Make the first rows of a triangular by reflections; return how many parameters are determined.

    Then a[8] holds, in its first elements, what each parameter takes of chi-square, and in the
    others what remains. A parameter that those before it determine ends it: models are nested.
    """
    for j in range(8):
        full[j] = _squares(a[j], 0, rows)
    for j in range(8):
        size = _squares(a[j], j, rows)
        if not size > FLOOR * full[j]:
            return j
        _reflect(a, rows, j, size)
    return 8


@njit(**_INNER)
def _pair(a, at, out, column, field):  # type: ignore[no-untyped-def]
    """Write two last parameters of a model, their variances and covariance."""
    first, second, mixed = a[at, at], a[at + 1, at + 1], a[at + 1, at]
    lean = -mixed / (first * second)
    out[field + 1, column] = a[8, at + 1] / second
    out[field, column] = (a[8, at] - mixed * out[field + 1, column]) / first
    out[field + 2, column] = 1.0 / (first * first) + lean * lean
    out[field + 3, column] = 1.0 / (second * second)
    out[field + 4, column] = lean / second


@njit(**_INNER)
def _results(a, rows, rank, out, column):  # type: ignore[no-untyped-def]
    seen = a[8]
    remains = _squares(seen, 8, rows)
    if rank == 8:
        out[12, column], out[14, column] = remains, _squares(seen, 6, 8)
    remains += _squares(seen, 6, min(rows, 8))
    if rank >= 6:
        out[11, column], out[13, column] = remains, _squares(seen, 4, 6)
        _pair(a, 4, out, column, 20)
    remains += _squares(seen, 4, min(rows, 6))
    if rank >= 4:
        out[10, column] = remains
        _pair(a, 2, out, column, 15)


@njit(**_INNER)
def _far(a, star, span, step):  # type: ignore[no-untyped-def]
    """Solve for uniform motion; whether the step is too long for the linear model.

    A step of length d to a star that travels s between its epochs is wrong by d (d + s) radians.
    """
    for j in range(3, -1, -1):
        step[j] = a[8, j]
        for k in range(j + 1, 4):
            step[j] -= a[k, j] * step[k]
        step[j] /= a[j, j]
    length = np.hypot(step[0], step[1]) + np.hypot(step[2], step[3]) * span
    travel = np.hypot(star[4], star[5]) * span
    return length * (length + travel) / MAS_PER_RAD > TOLERANCE_MAS


@njit(**_INNER)
def _design(order, c, weight, moving, star, a, left, lower):  # type: ignore[no-untyped-def]
    """Fill the design of a star's entries; return its rows and the longest time from the star's epoch."""
    rows, span = 0, 0.0
    level = _cos_sin(star[1])
    for i in order:
        _remainder(star, level, c[0][i], c[1][i], c[2][i], c[3][i], c[4][i], c[5][i], moving[i], left)
        more = 4 if moving[i] else 2
        _whitened(left, weight[i], more, rows, a, lower)
        rows += more
        span = max(span, abs(left[4]), abs(left[5]))
    return rows, span


@njit(cache=True, **_OPTIONS)
def fit_stars(start, c, weight, moving, steps, low, high, out):  # type: ignore[no-untyped-def]
    """Fill columns low to high of out (FIELDS, n): star i has the entries start[i] to start[i + 1].

    c (COLUMNS, arrays of shape (m,)) is what the entries measured, weight (m, 4, 4) the inverse of its
    covariance. The star is improved at most `steps` times; the fit is NaN if that did not do.
    """
    most = 0
    for i in range(low, high):
        most = max(most, start[i + 1] - start[i])
    a, order = np.empty((9, 4 * most + 1)), np.empty(most, np.int64)
    full, lower = np.empty(8), np.empty((4, 4))
    star, left, step = np.empty(STAR), np.empty(REMAINDER), np.empty(4)
    for i in range(low, high):
        out[:, i] = np.nan
        first, last = start[i], start[i + 1]
        _reference(first, last, c, moving, star, order)
        own = order[: last - first]
        rows, rank, far = 0, 0, True
        for _ in range(steps + 1):
            rows, span = _design(own, c, weight, moving, star, a, left, lower)
            rank = _triangle(a, rows, full)
            far = rank >= 4 and _far(a, star, span, step)
            if not far:
                break
            _shift(star, step)
        for k in range(STAR):  # assigned as a slice it takes the compiler twice as long
            out[k, i] = star[k]
        out[7, i] = rows
        if not far:
            _results(a, rows, rank, out, i)
        for k in own:
            out[8, i] = np.fmin(out[8, i], min(c[2][k], c[3][k]))
            out[9, i] = np.fmax(out[9, i], max(c[2][k], c[3][k]))


@njit(cache=True, **_OPTIONS)
def remainders(star_of, c, moving, stars, out):  # type: ignore[no-untyped-def]
    """Fill out (m, REMAINDER) with what the entries show beyond the motion of their stars (n, STAR)."""
    for i in range(len(star_of)):
        star = stars[star_of[i]]
        level = _cos_sin(star[1])
        _remainder(star, level, c[0][i], c[1][i], c[2][i], c[3][i], c[4][i], c[5][i], moving[i], out[i])
