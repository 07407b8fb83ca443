"""The black box: labels straight from spectra by regression, as paper 001 warns of, to compare with.

Principal components of the spectra, then ridge regression with a Gaussian kernel (scikit-learn): the best of
what was tried on simulated spectra (docs/label_quality.md). It gives labels and nothing else: no covariance,
no chi2, and no sign that a star is unlike those it was trained on. It needs a flux in every pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogdb.errors import AnalysisError

Array = npt.NDArray[np.float64]

COMPONENTS = 20
GAMMA = 0.005
"""Of the kernel exp(-gamma |x - y|^2), in components of unit variance."""
ALPHA = 0.05
"""Of the ridge, in variances of a label."""
LEAST_STARS = 30


@dataclass(frozen=True, eq=False)
class BlackBox:
    """A trained regression from normalised flux (n, p) to labels (n, k)."""

    labels: tuple[str, ...]
    pipeline: Any
    middle: Array
    spread: Array
    typical: Array
    kind: str = "black_box"

    def predict(self, flux: npt.ArrayLike) -> Array:
        """Return labels (n, k) of spectra (n, p); a NaN is filled with the training set's mean flux."""
        y = np.asarray(flux, np.float64)
        y = np.where(np.isfinite(y), y, self.typical)
        return np.asarray(self.pipeline.predict(y) * self.spread + self.middle)

    def sensitivity(self, flux: npt.ArrayLike) -> Array:
        """Return d label / d flux (k, p) at a spectrum (p,): by differences along each component."""
        pca, scale, kernel = (step for _, step in self.pipeline.steps)
        at = scale.transform(pca.transform(np.asarray(flux, np.float64)[None]))
        step = 1e-4 * np.eye(at.shape[1])
        by_component = (kernel.predict(at + step) - kernel.predict(at - step)) / 2e-4
        return np.asarray((by_component / scale.scale_[:, None]).T @ pca.components_ * self.spread[:, None])


def train(theta: npt.ArrayLike, flux: npt.ArrayLike, labels: tuple[str, ...]) -> BlackBox:
    """Return the regression of labels (n, k) on normalised spectra (n, p).

    Stars with a missing label can not be used, and are left out. Raises AnalysisError for fewer than
    LEAST_STARS that can.
    """
    from sklearn.decomposition import PCA
    from sklearn.kernel_ridge import KernelRidge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known, spectra = np.asarray(theta, np.float64), np.asarray(flux, np.float64)
    whole = np.isfinite(known).all(axis=1)
    known, spectra = known[whole], spectra[whole]
    if len(known) < LEAST_STARS:
        raise AnalysisError(
            f"the black box has {len(known)} stars with every label: it needs {LEAST_STARS} at least"
        )
    good = np.isfinite(spectra)
    typical = np.where(good, spectra, 0.0).sum(axis=0) / np.maximum(good.sum(axis=0), 1)
    middle, spread = known.mean(axis=0), known.std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    components = min(COMPONENTS, len(known) // 3, spectra.shape[1])
    pipeline = make_pipeline(
        PCA(components, random_state=0),
        StandardScaler(),
        KernelRidge(kernel="rbf", gamma=GAMMA * COMPONENTS / components, alpha=ALPHA),
    )
    pipeline.fit(np.where(good, spectra, typical), (known - middle) / spread)
    return BlackBox(tuple(labels), pipeline, middle, spread, typical)
