"""The weight matrix of Hipparcos-2 to the ten correlations of its five parameters, and back.

Van Leeuwen's U is upper triangular, packed by columns (u1 = U11, u2 = U12, u3 = U22, ... u15 = U55),
with U'U = C^-1 for the covariance C of (ra, dec, parallax, pmra, pmdec). In the published table each
diagonal element is multiplied by that parameter's error, so that it is a pure number near 1; the
others are in mas^-1. That, and the order, is seen in real rows: the errors recomputed from U agree
with the listed ones to 1 per cent in the median. With two decimals U of a poorly measured star may
lose its meaning: where a recomputed error differs by more than a tenth, the correlations are NULL.
"""

from __future__ import annotations

from itertools import combinations

from ingest.converters.base import Converter, Layer, Steps
from ingest.spec import Conversion

_N = 5
_PACKED = [(i, j) for j in range(_N) for i in range(j + 1)]
_TOLERANCE = 0.1


def _sum(terms: list[str]) -> str:
    return f"({' + '.join(terms)})" if terms else "0"


def _inverse_of(w: dict[tuple[int, int], str], name: str) -> tuple[dict[tuple[int, int], str], list[Layer]]:
    """The inverse of an upper triangular matrix: elements, and layers by distance from the diagonal."""
    v = {(i, j): f'"{name}{i}{j}"' for i, j in _PACKED}
    layers: list[Layer] = [{v[i, i]: f"1 / nullif({w[i, i]}, 0)" for i in range(_N)}]
    for distance in range(1, _N):
        layer = {}
        for i in range(_N - distance):
            j = i + distance
            total = _sum([f"{w[i, k]} * {v[k, j]}" for k in range(i + 1, j + 1)])
            layer[v[i, j]] = f"-{total} * {v[i, i]}"
        layers.append(layer)
    return v, layers


def _forward(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    packed, errors = inputs[:15], inputs[15:]
    w = {
        (i, j): value if i == j else f"({value} * {errors[j]})"
        for (i, j), value in zip(_PACKED, packed, strict=True)
    }
    v, layers = _inverse_of(w, f"{tag}:v")
    r = {(i, j): f'"{tag}:r{i}{j}"' for i, j in _PACKED}
    layers.append({r[i, j]: _sum([f"{v[i, k]} * {v[j, k]}" for k in range(j, _N)]) for i, j in _PACKED})
    sound = " AND ".join(f"abs(sqrt({r[i, i]}) - 1) < {_TOLERANCE}" for i in range(_N))
    return Steps(
        [f"CASE WHEN {sound} THEN {r[i, j]} / sqrt({r[i, i]} * {r[j, j]}) END" for i, j in _pairs()], layers
    )


def _pairs() -> list[tuple[int, int]]:
    return list(combinations(range(_N), 2))


def _back(conversion: Conversion, inputs: list[str], tag: str) -> Steps:
    """Correlations and the errors (the last five inputs) to U; a missing correlation is zero."""
    corr = dict(zip(_pairs(), inputs, strict=False))
    errors = inputs[len(corr) :]
    v = {(i, j): f'"{tag}:v{i}{j}"' for i, j in _PACKED}
    layers: list[Layer] = []
    for j in reversed(range(_N)):
        tail = _sum([f"{v[j, k]} * {v[j, k]}" for k in range(j + 1, _N)])
        layers.append({v[j, j]: f"sqrt(greatest(1 - {tail}, 1e-12))"})
        layers.append(
            {
                v[i, j]: f"(coalesce({corr[i, j]}, 0) - "
                f"{_sum([f'{v[i, k]} * {v[j, k]}' for k in range(j + 1, _N)])}) / {v[j, j]}"
                for i in range(j)
            }
        )
    w, inverse = _inverse_of(v, f"{tag}:w")
    layers += inverse
    packed = [w[i, j] if i == j else f"{w[i, j]} / nullif({errors[j]}, 0)" for i, j in _PACKED]
    return Steps([*packed, *errors], [layer for layer in layers if layer])


WEIGHTS = {
    "weights_to_corr": Converter(
        about="Hipparcos-2: [u1 ... u15, ra_error, dec_error, parallax_error, pmra_error, pmdec_error] to "
        "the correlations in Gaia's order (ra_dec_corr, ra_parallax_corr, ... pmra_pmdec_corr)",
        forward=_forward,
        inverse=_back,
        units=(*[None] * 15, "mas", "mas", "mas", "mas/yr", "mas/yr"),
        to_units=("",),
        arity=(20,),
        to_arity=(10,),
        total=False,
    ),
}
