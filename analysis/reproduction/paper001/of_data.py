"""Items of published files: The Cannon's spectra of APOGEE, and The Payne's network on one of its spectra."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.labels import cannon, payne_published
from analysis.labels.fit import fit
from analysis.labels.pixels import closed_form
from analysis.labels.terms import values
from analysis.labels.velocity import WithVelocity
from analysis.reproduction.item import Item, not_testable
from analysis.reproduction.paper003.verdicts import calculated
from analysis.reproduction.simulation import Progress

Array = npt.NDArray[np.float64]

NAMES = {"TEFF": "teff", "LOGG": "logg", "PARAM_M_H": "fe_h"}
PAYNE = ((0, "teff", 4938.0, 20.0, "K"), (1, "logg", 4.53, 0.02, "dex"), (2, "fe_h", -0.19, 0.02, "dex"))
"""Column, label, what the checklist expects of the star 2M13012770+5754582, how near, unit."""

CANNON_FILE = Path("spectra/cannon/cannon_test_data.npz")
PAYNE_FILES = {
    "network": "NN_normalized_spectra_old.npz",
    "mask": "apogee_mask.npz",
    "wavelength": "apogee_wavelength.npz",
    "spectrum": "combined_2M13012770+5754582.npz",
}


def without_data() -> Iterator[Item]:
    """Yield what needs real rows, without them."""
    reason = "needs real spectra: give their folder with --data"
    yield not_testable(
        "E-14", "largest difference from the stored fluxes of The Cannon's spectra", 0.0, "", reason
    )
    for _, label, claimed, _, unit in PAYNE:
        quantity = f"{label} by The Payne's network of 2019 of its APOGEE spectrum"
        yield not_testable("E-14", quantity, claimed, unit, reason)


def of_data(folder: Path, progress: Progress | None = None) -> Iterator[Item]:
    """Yield the items of a folder with spectra/cannon and spectra/payne; what is absent is not testable."""
    if progress is not None:
        progress("published spectra", 0, 2)
    if (folder / CANNON_FILE).is_file():
        yield from _cannon(folder / CANNON_FILE)
    else:
        yield not_testable("E-14", "spectra of The Cannon", 671.0, "", f"{CANNON_FILE} is not in the folder")
    if progress is not None:
        progress("published spectra", 1, 2)
    files = {name: folder / "spectra" / "payne" / file for name, file in PAYNE_FILES.items()}
    if all(file.is_file() for file in files.values()):
        yield from _payne(files)
    else:
        absent = ", ".join(file.name for file in files.values() if not file.is_file())
        yield not_testable("E-14", "network of The Payne", 1.0, "", f"spectra/payne has no {absent}")
    if progress is not None:
        progress("published spectra", 2, 2)


def _cannon(file: Path) -> Iterator[Item]:
    with np.load(file) as opened:
        stored = {name: opened[name] for name in opened.files}
    names = list(NAMES)
    terms = ast.literal_eval(str(stored["label_vector"]))
    powers = np.zeros((len(terms) + 1, len(names)), np.int64)
    for row, term in enumerate(terms, 1):
        for name, power in term:
            powers[row, names.index(name)] = power
    theta, error = stored["labels"].astype(np.float64).T, stored["flux_err"]
    x = theta - stored["pivots"]
    scaled = values(powers, x / x.std(axis=0))
    weight = 1.0 / (error**2 + stored["scatter"] ** 2)
    ours = scaled @ closed_form(scaled, stored["flux"], weight)
    yield calculated(
        "E-14",
        "largest difference from the stored fluxes of The Cannon's spectra",
        0.0,
        float(np.abs(ours - values(powers, x) @ stored["coefficients"].T).max()),
        1e-10,
        "",
        f"{len(theta)} stars of APOGEE, {len(stored['scatter'])} pixels, {len(powers)} coefficients: least "
        "squares in closed form for the stored scatter",
    )
    labels = tuple(NAMES.values())
    grid = np.arange(len(stored["scatter"]), dtype=np.float64)
    model = cannon.train(theta, stored["flux"], error**-2.0, labels, grid, powers=powers)
    found = fit(model, stored["flux"], error**-2.0)
    good = found.converged
    yield calculated(
        "E-14",
        "part of The Cannon's spectra whose fit converges",
        1.0,
        float(good.mean()),
        0.02,
        "",
        "trained on all and fitted to all, as The Cannon's own example does; the others are flagged",
    )
    for j, (label, unit) in enumerate(zip(labels, ("K", "dex", "dex"), strict=True)):
        off = found.theta[good, j] - theta[good, j]
        sigma = float(np.median(np.sqrt(found.covariance[good, j, j])))
        yield calculated(
            "E-14",
            f"mean {label} found less given, The Cannon's spectra",
            0.0,
            float(off.mean()),
            3.0 * float(off.std() / np.sqrt(good.sum())),
            unit,
            f"scatter {off.std():.3g}, median claimed error {sigma:.3g}: 100 pixels, and stars it was "
            "trained with: no measure of precision",
        )


def _payne(files: dict[str, Path]) -> Iterator[Item]:
    def array(name: str, key: str) -> Array:
        with np.load(files[name]) as opened:
            return np.asarray(opened[key])

    grid = array("wavelength", "wavelength")
    mask = np.asarray(array("mask", "apogee_mask"), np.bool_)
    spectrum, sigma = (array("spectrum", key).astype(np.float64) for key in ("spectrum", "spec_err"))
    model = WithVelocity(payne_published.read(files["network"], grid, mask=mask))
    found = fit(model, spectrum, sigma**-2.0)
    for column, label, claimed, near, unit in PAYNE:
        yield calculated(
            "E-14",
            f"{label} by The Payne's network of 2019 of its APOGEE spectrum",
            claimed,
            float(found.theta[0, column]),
            near,
            unit,
            f"claimed: the checklist; error {np.sqrt(found.covariance[0, column, column]):.2g}, chi2 / "
            f"dof {found.chi2[0] / found.dof[0]:.2f}: the network is not the star",
        )
