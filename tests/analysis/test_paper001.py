"""The items of paper 001 in short: few stars, few pixels; what is claimed is what the slides say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.reproduction.item import DIFFERS, HOLDS, NOT_TESTABLE, Item
from analysis.reproduction.paper001 import of_information, of_text, summary, with_data
from analysis.reproduction.paper001.of_experiment import setup
from analysis.reproduction.simulation import Simulation


def by_quantity(items: tuple[Item, ...]) -> dict[str, Item]:
    return {item.quantity: item for item in items}


def test_errata_of_the_slides() -> None:
    items = tuple(of_text.references())
    assert [item.verdict for item in items].count(DIFFERS) == 2
    payne = by_quantity(items)["year of The Payne, `Ting+ 2017, ApJ, 879, 69`"]
    assert (payne.claimed, payne.ours) == (2017.0, 2019.0)
    assert "2 references" in summary(items)[-1]


def test_what_can_not_be_tested_says_why() -> None:
    items = tuple(of_text.anchors())
    assert {item.verdict for item in items} == {NOT_TESTABLE}
    assert {item.verdict for item in with_data(None)} == {NOT_TESTABLE}
    assert {item.verdict for item in of_text.instruments()} == {HOLDS}


def test_information_by_the_synthetic_model() -> None:
    items = tuple(of_information.bounds_of_spectra())
    found = {item.item: [each for each in items if each.item == item.item] for item in items}
    assert found["E-6"][0].verdict == HOLDS
    assert all(item.verdict == HOLDS for item in found["E-7"])
    both, alone = (item.ours or 0.0 for item in found["E-8"])
    # A smoothing that only the data get is many times worse than one that both get.
    assert alone > 5.0 * both


def test_the_experiment_is_as_large_as_section_e_says_unless_asked_for_less() -> None:
    whole = setup(Simulation(10_000, 300, 4), 200.0)
    assert (whole.train, whole.pixels, whole.test, whole.snr) == (1500, 1500, 500, 50.0)
    assert setup(Simulation(100, 10, 4, fits=100), 50.0).train == 100


def test_published_files(data: Path) -> None:
    items = by_quantity(with_data(data))
    assert items["largest difference from the stored fluxes of The Cannon's spectra"].verdict == HOLDS
    for label in ("teff", "logg", "fe_h"):
        assert items[f"{label} by The Payne's network of 2019 of its APOGEE spectrum"].verdict == HOLDS


def test_absent_files_are_not_testable(tmp_path: Path) -> None:
    items = with_data(tmp_path)
    assert [item.verdict for item in items] == [NOT_TESTABLE, NOT_TESTABLE]
    assert "is not in the folder" in (items[0].reason or "")


@pytest.mark.parametrize("quantity", ["resolving power of apogee", "highest resolving power of DESI"])
def test_claims_are_those_of_the_slides(quantity: str) -> None:
    item = by_quantity(tuple(of_text.instruments()))[quantity]
    assert item.claimed in (22_500.0, 5000.0)
