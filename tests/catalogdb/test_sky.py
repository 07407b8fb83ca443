"""Neighbours of cells and interleaved bits, against healpy."""

from __future__ import annotations

import healpy
import numpy as np
import pytest

from catalogdb.sky import gathered, neighbour, neighbours, spread

# healpy lists neighbours as SW, W, NW, N, NE, E, SE, S; x grows to NE and y to NW.
STEPS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def some_cells(order):
    n = healpy.nside2npix(2**order)
    return np.arange(n) if n < 20_000 else np.random.default_rng(1).integers(0, n, 20_000)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 5, 12, 29])
def test_each_neighbour_equals_healpy(order):
    cells = some_cells(order)
    theirs = healpy.get_all_neighbours(2**order, cells, nest=True)
    for (dx, dy), expected in zip(STEPS, theirs, strict=True):
        one = np.ones_like(cells)
        np.testing.assert_array_equal(neighbour(order, cells, dx * one, dy * one), expected)


@pytest.mark.parametrize("order", [0, 1, 4])
def test_a_corner_is_shared_with_the_cells_healpy_names(order):
    cells = some_cells(order)
    theirs = healpy.get_all_neighbours(2**order, cells, nest=True)
    for dx, dy in ((1, 1), (1, -1), (-1, 1), (-1, -1), (1, 0), (0, -1), (0, 0)):
        index, there = neighbours(order, cells, np.full_like(cells, dx), np.full_like(cells, dy))
        ours = set(zip(index.tolist(), there.tolist(), strict=True))
        assert len(ours) == len(index)
        wanted = [k for k, step in enumerate(STEPS) if step in {(dx, 0), (0, dy), (dx, dy)}]
        expected = {(i, int(theirs[k, i])) for k in wanted for i in range(len(cells))}
        assert ours == {(i, n) for i, n in expected if n >= 0 and n != cells[i]}


def test_no_cells_have_no_neighbours():
    none = np.empty(0, np.int64)
    index, there = neighbours(5, none, none, none)
    assert len(index) == len(there) == 0


def test_spreading_bits_keeps_order_and_can_be_undone():
    x = np.sort(np.random.default_rng(2).integers(0, 2**29, 10_000))
    assert np.all(np.diff(spread(x)) >= 0)
    np.testing.assert_array_equal(gathered(spread(x)), x)
    assert spread(np.int64(0b1011)) == 0b1000101
