"""A picture of a spectrum: flux over wavelength, with its error and the pixels that are not to be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from catalogdb.spectra import Spectrum


def draw_spectrum(spectrum: Spectrum, file: Path, *, at_rest: bool = False) -> None:
    """Draw the spectrum to a file of a format of matplotlib's.

    With `at_rest` over the wavelengths relative to the star. Raises DataError where these are not known.
    """
    from matplotlib.figure import Figure  # takes half a second to import

    wavelength = spectrum.rest_wavelength_angstrom() if at_rest else spectrum.wavelength_angstrom
    usable = (spectrum.ivar > 0) & np.isfinite(spectrum.flux)
    flux = np.where(usable, spectrum.flux, np.nan)
    figure = Figure(figsize=(11, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(
        wavelength, np.where(usable, np.nan, spectrum.flux), color="0.75", lw=0.8, label="not to be used"
    )
    axes.plot(wavelength, flux, color="black", lw=0.6, label="flux")
    axes.plot(wavelength, np.where(usable, spectrum.error, np.nan), color="tab:red", lw=0.6, label="error")
    if usable.any():
        low, high = np.percentile(spectrum.flux[usable], [0.1, 99.9])
        margin = 0.1 * max(high - low, 1e-6 * abs(high), np.finfo(float).tiny)
        axes.set_ylim(min(low - margin, 0.0), high + margin)
    frame = "rest" if at_rest else spectrum.grid.frame
    axes.set_xlim(wavelength[0], wavelength[-1])
    axes.set_xlabel(f"wavelength in {spectrum.grid.medium} ({frame}) [Å]")
    axes.set_ylabel(_flux_label(spectrum))
    axes.set_title(_title(spectrum), fontsize="medium")
    axes.legend(loc="upper right", fontsize="small", frameon=False)
    figure.savefig(file, dpi=150)


def _flux_label(spectrum: Spectrum) -> str:
    if spectrum.row.get("normalised"):
        return "flux / continuum"
    unit = spectrum.row.get("flux_unit")
    return f"flux [{unit}]" if unit else "flux (relative)"


def _title(spectrum: Spectrum) -> str:
    row = spectrum.row
    parts = [row["spec_id"], row.get("object_id"), row.get("survey"), row.get("object_class")]
    if row.get("snr") is not None:
        parts.append(f"S/N {row['snr']:.0f} ({row.get('snr_source')})")
    return "   ".join(str(each) for each in parts if each)
