"""Figure 5 of paper 004, the accelerating stars in ecliptic coordinates, and the account of the matches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import sql
from analysis.paper004.fits import ACCELERATING
from analysis.paper004.result import FATES, RESULT
from analysis.skymap import draw_sky
from catalogdb.errors import AnalysisError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = npt.NDArray[np.float64]


def plot(store: Any, file: Path, *, run_id: str | None = None, source_id: str | None = None) -> None:
    """Draw a run, by default the latest, to `file`: figure 5 of the paper, and the account of its matches.

    Raises AnalysisError where there is nothing to draw, and for a star: the fit of one is drawn by the
    analysis `acceleration` with `--weighting F2` from the same multi-epoch table.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    store.table(RESULT.qualified_name)  # TableNotFound says it best
    if source_id is not None:
        raise AnalysisError(
            "paper004 draws no single star: catalogdb analyze acceleration --epochs paper004_epoch "
            f"--weighting F2 --plot FILE --star {source_id} does"
        )
    if run_id is None:
        ((run_id,),) = store.sql(sql.load("paper004_latest").text).fetchall()
    stars = store.sql(sql.load("paper004_places").text, {"run": run_id}).arrow()
    if not stars.num_rows:
        raise AnalysisError(f"{RESULT.qualified_name} has no rows of run {run_id}")
    fates = _fates(store, run_id)
    figure = Figure(figsize=(13.0 if fates else 7.5, 5.0), layout="constrained")
    FigureCanvasAgg(figure)
    sky = figure.add_subplot(1, 2 if fates else 1, 1, projection="mollweide")
    bent = np.asarray(stars["motion_class"].to_pylist(), dtype=object) == ACCELERATING
    draw_sky(sky, stars["ra"].to_numpy(), stars["dec"].to_numpy(), bent)
    if fates:
        draw_account(figure.add_subplot(1, 2, 2), fates)
    figure.suptitle(
        f"{run_id}: {int(bent.sum()):,} of {stars.num_rows:,} stars accelerate by the paper's test"
    )
    figure.savefig(file, dpi=150)


def _fates(store: Any, run_id: str | None) -> list[dict[str, Any]]:
    """Return the account of a run's matches; none of stars that came from a file."""
    if "results.paper004_match" not in {table.qualified_name for table in store.tables()}:
        return []
    rows: list[dict[str, Any]] = (
        store.sql(sql.load("paper004_account").text, {"run": run_id}).arrow().to_pylist()
    )
    return rows


def draw_account(axes: Axes, rows: list[dict[str, Any]]) -> None:
    """Draw, for each catalogue, what became of the stars."""
    names = [row["catalogue_name"] for row in rows]
    words = {
        "kept": "kept",
        "no_candidate": "none within the radius",
        "claimed": "suits another star better",
        "unusable": "without position, epoch or error",
        "magnitude": "dropped by magnitude",
    }
    done = np.zeros(len(rows))
    for i, fate in enumerate(FATES):
        count = np.array([row[fate] for row in rows], np.float64)
        axes.barh(names, count, left=done, color=f"C{i}", label=words[fate])
        done += count
    several = np.array([row["ambiguous"] for row in rows], np.float64)
    axes.plot(several, range(len(names)), "k|", markersize=12, label="had several candidates")
    axes.set(xlabel="stars of the mother")
    axes.legend(fontsize="small", loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3)
    axes.invert_yaxis()
