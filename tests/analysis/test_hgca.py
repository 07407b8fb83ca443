"""The statistic of the Hipparcos-Gaia Catalog of Accelerations: its own rows, and rows of the catalogues."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.io import fits

import analysis
import catalogdb
import ingest
from analysis import epochs
from analysis.proper_motion_anomaly import hgca
from catalogdb import epoch

SUBSET = (3850, 8159, 77052, 86974, 96895, 98767, 98819, 101345)
"""Of the 379 stars of hgca_subset.csv those whose rows of Hipparcos-2 and Gaia DR3 are among the data."""


def test_chi2_of_the_rows_of_hgca_to_rounding(data):
    """All columns are single precision: half a unit in the last place of each is the tolerance."""
    rows = fits.getdata(data / "hgca" / "HGCA-test-subset.fits", 1)

    def motion(which):
        error = np.array([[float(r[f"{c}_{which}_error"][0]) for c in ("pmra", "pmdec")] for r in rows])
        corr = np.array([float(r[f"pmra_pmdec_{which}"][0]) for r in rows])
        covariance = error[:, :, None] * error[:, None, :]
        covariance[:, [0, 1], [1, 0]] *= corr[:, None]
        value = np.array([[r[f"{c}_{which}"][0] for c in ("pmra", "pmdec")] for r in rows], np.float32)
        return value, covariance

    (gaia, c_gaia), (hg, c_hg) = motion("gaia"), motion("hg")
    chi2, p = hgca.statistic(gaia.astype(float), hg.astype(float), c_gaia, c_hg)
    published = np.array([float(r["chisq"][0]) for r in rows])
    slope = np.abs(2.0 * np.einsum("nij,nj->ni", np.linalg.inv(c_gaia + c_hg), gaia.astype(float) - hg))
    rounding = (slope * (np.spacing(np.abs(gaia)) + np.spacing(np.abs(hg))) / 2.0).sum(axis=1)
    # The errors' and correlations' relative rounding, 6e-8 each, and chi2's own.
    rounding += 4.0 * 6e-8 * published
    assert [int(r["hip_id"][0]) for r in rows] == [51658, 65808, 16537]
    assert (np.abs(chi2 - published) <= rounding).all()
    assert rounding.max() < 5e-3
    assert (p < 2e-4).all()


def _source(star, years, errors):
    moved = epoch.propagate(star, years)
    value = np.stack([moved.ra, moved.dec, moved.parallax, moved.pmra, moved.pmdec], axis=1)
    rng = np.random.default_rng(1)
    mix = rng.normal(size=(len(star), 5, 5)) * 0.3 + np.eye(5)
    covariance = mix @ np.swapaxes(mix, 1, 2) * np.outer(errors, errors)
    return hgca.Source(value, covariance, np.full(len(star), years))


def test_uniform_motion_gives_three_equal_motions(stars):
    """Perspective, central epochs and curved coordinates are no difference between the motions."""
    star = stars(400, 1)
    star = star[np.abs(star.dec) < 85.0]
    hip = _source(star, 1991.25, np.array([0.7, 0.6, 0.8, 0.9, 0.7]))
    gaia = _source(star, 2016.0, np.array([0.02, 0.02, 0.03, 0.03, 0.02]))
    found = hgca.motions(hip, gaia, star.radial_velocity)
    assert np.abs(found.hg - found.gaia).max() < 1e-4
    assert np.abs(found.hip - found.gaia).max() < 1e-4
    gap = found.gaia_epoch - found.hip_epoch
    assert 15.0 < gap.min() < gap.max() < 35.0


def test_parallax_and_mixture_are_least_squares(stars):
    """A measured parallax enters as one more equation; the mixture is linear in values and covariance."""
    star = stars(5, 2)
    hip = _source(star, 1991.25, np.array([0.7, 0.6, 0.8, 0.9, 0.7]))
    other = hip._replace(value=hip.value + [1e-7, -1e-7, 0.5, 0.2, -0.3], covariance=hip.covariance * 2.0)
    parallax, variance = hip.value[:, 2] + 0.4, np.full(5, 0.01)
    after = hgca.with_parallax(hip, parallax, variance)
    for i in range(5):
        extra = np.zeros((5, 5))
        extra[2, 2] = 1.0 / variance[i]
        inverse = np.linalg.inv(hip.covariance[i])
        np.testing.assert_allclose(after.covariance[i], np.linalg.inv(inverse + extra), rtol=1e-9, atol=1e-12)
        step = after.covariance[i][:, 2] * 0.4 / variance[i]
        np.testing.assert_allclose(after.value[i, 2:] - hip.value[i, 2:], step[2:], rtol=1e-6)
        cos = np.cos(np.radians(hip.value[i, 1]))
        np.testing.assert_allclose((after.value[i, 0] - hip.value[i, 0]) * cos * 3.6e6, step[0], atol=1e-4)
    mix = hgca.mixed(hip, other)
    np.testing.assert_allclose(mix.value, 0.6 * hip.value + 0.4 * other.value)
    np.testing.assert_allclose(mix.covariance, 1.4 * hip.covariance)


@pytest.fixture(scope="module")
def sky(tmp_path_factory, data):
    """The benchmark stars in both reductions of Hipparcos and Gaia DR3, and both tables of HGCA."""
    with catalogdb.open(tmp_path_factory.mktemp("hgca") / "sky", create=True) as store:
        ingest.ingest(store, "hipparcos2", data / "benchmark_stars" / "hipparcos.fits")
        ingest.ingest(store, "gaia_dr3", data / "benchmark_stars" / "gaiadr3.fits")
        ingest.ingest(store, "hipparcos", data / "hipparcos" / "hip_main_bright.dat.gz")
        ingest.ingest(store, "hgca", data / "hgca" / "HGCA-test-subset.fits")
        ingest.ingest(store, "hgca", data / "hgca" / "hgca_subset.csv", name="hgca_subset")
        epochs.build(store, "hipparcos2", ["hipparcos", "gaia_dr3"], radius_arcsec=5.0)
        yield store


def _rows(store, run_id):
    query = "SELECT * FROM results.proper_motion_anomaly WHERE run_id = $run"
    rows = store.sql(query, {"run": run_id}).arrow().to_pylist()
    return {(row["method"], row["catalogue_name"], row["source_id"]): row for row in rows}


def test_epsilon_eridani_from_the_rows_of_three_catalogues(sky):
    """HIP 16537: motions within 4 uas/yr of HGCA's, errors within 0.3 %, chi2 33.79 (33.89 published)."""
    report = analysis.find("proper_motion_anomaly").run(sky, {"hgca": "hgca"})
    rows = _rows(sky, report.run_id)
    for which, own in (("gaia_dr3", "gaia_edr3"), ("hipparcos", "hipparcos")):
        ours, theirs = rows["hgca", which, "16537"], rows["hgca_row", own, "16537"]
        assert ours["flags"] is None
        for name in ("pmra_long", "pmdec_long"):
            assert ours[name] == pytest.approx(theirs[name], abs=4e-3)
            assert ours[f"{name}_error"] == pytest.approx(theirs[f"{name}_error"], rel=3e-3)
        assert ours["pma_ra"] == pytest.approx(theirs["pma_ra"], abs=0.01)
        assert ours["pma_dec"] == pytest.approx(theirs["pma_dec"], abs=0.01)
        assert ours["pma_ra_error"] == pytest.approx(theirs["pma_ra_error"], rel=3e-3)
        assert ours["pma_dec_error"] == pytest.approx(theirs["pma_dec_error"], rel=3e-3)
        assert ours["ra_epoch"] == pytest.approx(theirs["ra_epoch"], abs=0.03)
        assert ours["dec_epoch"] == pytest.approx(theirs["dec_epoch"], abs=0.03)
    assert rows["hgca", "gaia_dr3", "16537"]["chi2"] == pytest.approx(33.89, rel=5e-3)
    published = {16537: 33.88578, 51658: 81.99255, 65808: 17.810627}
    for hip, chi2 in published.items():
        row = rows["hgca_row", "gaia_edr3", str(hip)]
        assert row["chi2_published"] == pytest.approx(chi2, rel=1e-7)
        assert row["chi2"] == pytest.approx(chi2, abs=4e-3)


def test_the_stars_of_the_subset_whose_rows_are_here(sky):
    """8 of 379, 7 of them in both reductions: chi2 without the local rotations, which are not published."""
    report = analysis.find("proper_motion_anomaly").run(sky, {})
    rows = _rows(sky, report.run_id)
    published = dict(sky.sql("SELECT source_id, chisq FROM catalogs.hgca_subset").fetchall())
    found = {
        row["hip"]: row
        for row in rows.values()
        if row["method"] == "hgca" and row["catalogue_name"] == "gaia_dr3" and row["hip"] in published
    }
    assert len(published) == 379
    assert tuple(sorted(found)) == SUBSET
    assert all("no_rotation" in row["flags"] for row in found.values())
    one = [hip for hip, row in found.items() if "one_reduction" in row["flags"]]
    assert one == [3850]
    for hip, row in found.items():
        # A rotation of 0.05 mas/yr moves a chi2 near the threshold most.
        assert row["chi2"] == pytest.approx(published[hip], rel=0.25 if published[hip] < 50 else 0.2)
        assert (row["chi2"] > 11.8) == (published[hip] > 11.8)
    assert np.isfinite([row["chi2"] for row in rows.values()]).all()
    assert {row["method"] for row in rows.values()} == {"positions", "hgca"}


def test_the_published_spin_turns_gaias_motions_alone(sky):
    """HIP 16537, G = 3.47: 18.4, 33.8 and -11.3 uas/yr about the axes (Cantat-Gaudin and Brandt 2021)."""
    run = analysis.find("proper_motion_anomaly").run
    plain, turned = (_rows(sky, run(sky, {"spin": spin}).run_id) for spin in ("none", "published"))
    key = ("positions", "gaia_dr3", "16537")
    a, d = np.radians([53.22829341517546, -9.458168216292322])
    ra = (-np.sin(d) * np.cos(a) * 18.4 - np.sin(d) * np.sin(a) * 33.8 + np.cos(d) * -11.3) / 1000.0
    dec = (np.sin(a) * 18.4 - np.cos(a) * 33.8) / 1000.0
    assert turned[key]["pma_ra"] - plain[key]["pma_ra"] == pytest.approx(-ra, abs=1e-5)
    assert turned[key]["pma_dec"] - plain[key]["pma_dec"] == pytest.approx(-dec, abs=1e-5)
    key = ("positions", "hipparcos2", "16537")
    assert turned[key]["pma_ra"] == pytest.approx(plain[key]["pma_ra"], abs=1e-5)
    assert turned["hgca", "gaia_dr3", "16537"]["chi2"] == plain["hgca", "gaia_dr3", "16537"]["chi2"]


def test_pictures_of_a_run_and_of_a_star(sky, tmp_path):
    found = analysis.find("proper_motion_anomaly")
    report = found.run(sky, {"positions": "all", "catalogues": "hipparcos2, gaia_dr3"})
    for source_id in (None, "16537"):
        file = tmp_path / f"{source_id}.png"
        found.plot(sky, file, run_id=report.run_id, source_id=source_id)
        assert file.stat().st_size > 10_000
    with pytest.raises(catalogdb.errors.AnalysisError, match="no rows of star 1"):
        found.plot(sky, tmp_path / "no.png", source_id="1")
