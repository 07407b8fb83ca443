"""Spectrographs of surveys as resolving powers and wavelength ranges, each with where it is from."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catalogdb.errors import AnalysisError, did_you_mean


@dataclass(frozen=True, slots=True)
class Arm:
    """A range of wavelengths [Angstrom] with a resolving power."""

    low_angstrom: float
    high_angstrom: float
    resolution: float


@dataclass(frozen=True, slots=True)
class Survey:
    """A spectrograph: its arms, and the source of their numbers."""

    name: str
    arms: tuple[Arm, ...]
    reference: str

    @property
    def resolution(self) -> float:
        """The resolving power, that of the arms on average by range."""
        width = [arm.high_angstrom - arm.low_angstrom for arm in self.arms]
        return sum(w * arm.resolution for w, arm in zip(width, self.arms, strict=True)) / sum(width)


SURVEYS = (
    Survey(
        "lamost_lrs",
        (Arm(3690.0, 9100.0, 1800.0),),
        "R of paper 001; range of the LAMOST DR7 catalogues (Luo et al., CDS V/156)",
    ),
    Survey(
        "lamost_mrs",
        (Arm(4950.0, 5350.0, 7500.0), Arm(6300.0, 6800.0, 7500.0)),
        "R of paper 001; ranges of the LAMOST DR9 medium-resolution data description",
    ),
    Survey(
        "desi",
        (Arm(3700.0, 5550.0, 2600.0), Arm(5550.0, 6560.0, 3650.0), Arm(6560.0, 9500.0, 4550.0)),
        "3700 to 9500 Angstrom of paper 001; its R of 2000 to 5000 as the means of the three arms' "
        "2000-3200, 3200-4100, 4100-5000 (DESI's page of the spectrographs)",
    ),
    Survey(
        "apogee",
        (Arm(15_100.0, 17_000.0, 22_500.0),),
        "R of paper 001 and range of Wilson et al. 2019, PASP 131, 055001 (1.51-1.70 micron)",
    ),
    Survey(
        "galah",
        (
            Arm(4715.0, 4900.0, 28_000.0),
            Arm(5649.0, 5873.0, 28_000.0),
            Arm(6478.0, 6737.0, 28_000.0),
            Arm(7585.0, 7887.0, 28_000.0),
        ),
        "R of paper 001 and bands of the Anglo-Australian Observatory's page of HERMES",
    ),
)
"""The surveys whose resolving powers paper 001 lists."""


def chosen(text: str) -> tuple[Survey, ...]:
    """Return the surveys of 'NAME,NAME' or 'all'; raises AnalysisError for one that there is not."""
    if text == "all":
        return SURVEYS
    known = {survey.name: survey for survey in SURVEYS}
    names = [word.strip() for word in text.split(",") if word.strip()]
    for name in names:
        if name not in known:
            raise AnalysisError(f"label_information: no survey {name}{did_you_mean(name, known)}")
    if not names:
        raise AnalysisError(f"label_information: surveys is empty: there are {', '.join(known)}, or all")
    return tuple(known[name] for name in dict.fromkeys(names))


LIMITS_ANGSTROM = (3600.0, 17_500.0)
"""Where the synthetic model has lines."""


def at_resolution(survey: Survey, resolution: float, *, same_pixels: bool) -> Survey:
    """Return a survey with another resolving power; `same_pixels` changes its ranges in turn.

    With the same number of pixels an arm is longer, about its middle, by as much as R is lower, and no
    longer than LIMITS_ANGSTROM.
    """
    if not same_pixels:
        return replace(survey, arms=tuple(replace(arm, resolution=resolution) for arm in survey.arms))
    arms = []
    for arm in survey.arms:
        middle, half = (arm.low_angstrom + arm.high_angstrom) / 2.0, arm.high_angstrom - arm.low_angstrom
        half *= arm.resolution / resolution / 2.0
        low, high = max(LIMITS_ANGSTROM[0], middle - half), min(LIMITS_ANGSTROM[1], middle + half)
        arms.append(Arm(low, high, resolution))
    return replace(survey, arms=tuple(arms))
