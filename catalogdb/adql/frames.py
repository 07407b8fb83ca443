"""The frames of ivo_geom_transform, as rotations.

The catalogue of user-defined functions asks for simple rotations, with the equinoxes J2000 (FK5, ECLIPTIC)
and B1950 (FK4, without its terms of aberration). The matrices are astropy's, to which the tests hold them.
"""

from __future__ import annotations

from typing import TypeAlias

Matrix: TypeAlias = tuple[float, float, float, float, float, float, float, float, float]

FRAMES: dict[str, Matrix] = {
    "ICRS": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
    "GALACTIC": (
        -0.05487565771259168, -0.8734370519556163, -0.4838350736167155,
        0.4941094371927275, -0.44482972122329517, 0.7469821839866676,
        -0.8676661375596587, -0.19807633727300075, 0.4559838136873016,
    ),
    "FK5": (
        0.9999999999999928, -1.1102233282139344e-07, -4.4118044877913306e-08,
        1.1102233723050045e-07, 0.9999999999999891, 9.647792236864428e-08,
        4.41180342697633e-08, -9.64779275195813e-08, 0.9999999999999943,
    ),
    "FK4": (
        0.9999256809514503, 0.011181371753884863, 0.004858960740738751,
        -0.011181372203850917, 0.9999374861373453, -2.7073328535969073e-05,
        -0.004858959705285428, -2.7258532094298532e-05, 0.9999881948140962,
    ),
    "ECLIPTIC": (
        0.9999999999999941, -7.078368960971556e-08, 8.056213977613186e-08,
        3.2897004077419646e-08, 0.9174821299149584, 0.39777699944404793,
        -1.0207044725484355e-07, -0.39777699944404304, 0.9174821299149556,
    ),
}  # fmt: skip
"""From ICRS to each frame, row by row."""


def rotation(source: str, target: str) -> Matrix:
    """The matrix that turns unit vectors of one frame into those of another, row by row."""
    one, other = FRAMES[source], FRAMES[target]
    # The inverse of a rotation is its transpose.
    return tuple(
        sum(other[3 * row + k] * one[3 * column + k] for k in range(3))
        for row in range(3)
        for column in range(3)
    )  # type: ignore[return-value]
