"""Many spectra in one file of arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.spectra import Declared, How, SpectrumError, matrix
from ingest.spectra.layout import Notes
from ingest.spectra.reading import read_whole

RNG = np.random.default_rng(1)
ARRAYS = {
    "wavelength": np.linspace(1500.0, 1510.0, 11),
    "flux": RNG.normal(1, 0.1, (5, 11)).astype("f4"),
    "error": np.full((5, 11), 0.5, "f4"),
    "ra": np.arange(5.0),
    "dec": np.arange(5.0) - 2,
    "gaia_id": 10**18 + np.arange(5),
}
HOW = How(declared=Declared(medium="vacuum", frame="rest", wavelength_unit="nm", survey="mine"))


def write(path: Path, **changed) -> Path:
    """A file of arrays, by its suffix."""
    arrays = {name: each for name, each in (ARRAYS | changed).items() if each is not None}
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(path, "w") as file:
            for name, each in arrays.items():
                file[name] = each
    return path


@pytest.mark.parametrize("name", ["spectra.npz", "spectra.h5"])
def test_all_rows_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(matrix, "_AT_ONCE", 2)
    _, layout, blocks = read_whole(write(tmp_path / name), HOW, Notes())
    assert layout == "matrix"
    assert [len(each.rows) for each in blocks] == [2, 2, 1]
    assert np.array_equal(np.vstack([each.flux for each in blocks]), ARRAYS["flux"])
    assert blocks[0].ivar[0, 0] == 4.0
    assert np.allclose(blocks[0].grid.wavelength_angstrom, ARRAYS["wavelength"] * 10)
    last = blocks[2].rows[0]
    assert (last["spec_id"], last["ra"], last["dec"], last["gaia_id"]) == ("spectra-5", 4.0, 2.0, 10**18 + 4)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"flux": np.ones(11)}, r"flux has the shape \(11,\); spectra x pixels"),
        ({"ra": np.ones(4)}, r"ra has the shape \(4,\); there are 5 spectra"),
        ({"dec": None}, "spectrum 1: there is no dec"),
        ({"error": np.ones((5, 10))}, r"error has the shape \(5, 10\), flux \(5, 11\)"),
        ({"error": np.ones((9, 11))}, r"error has the shape \(9, 11\), flux \(5, 11\)"),
        ({"flux": np.ones((0, 11))}, "there is no spectrum in it"),
        ({"ra": np.array(["01:00:00"] * 5)}, "ra is of the type <U8; numbers are expected in degrees"),
        ({"gaia_id": np.ones(5)}, "gaia_id is of the type float64; whole numbers"),
    ],
)
def test_wrong_shapes_are_told(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    with pytest.raises(SpectrumError, match=words):
        read_whole(write(tmp_path / "x.npz", **changed), HOW, Notes())
