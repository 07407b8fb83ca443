"""What a reproduction can be asked, and the table it writes."""

from __future__ import annotations

from functools import partial

from analysis.columns import text
from analysis.options import Option
from analysis.reproduction.papers import PAPERS
from catalogdb.schema import Column, Table

_text = partial(text, nullable=False)

OPTIONS = (
    Option("paper", str, None, f"The paper: {', '.join(PAPERS)}", required=True),
    Option("data", str, None, "Folder of real rows; what needs them is not testable here without it"),
    Option("stars", int, 10_000, "Stars to simulate, of paper 004", minimum=100),
    Option("searches", int, 300, "Of them, those that a general minimiser fits, which is slow", minimum=10),
    Option(
        "fits",
        int,
        4000,
        "Sets of measures to simulate and fit, of paper 002; stars to learn from, of 001",
        minimum=100,
    ),
    Option("draws", int, 200, "Draws of noise of each simulated observation, of paper 003", minimum=5),
    Option("seed", int, 4, "Seed of the simulation; the same seed gives the same numbers", minimum=0),
)


def _number(name: str, ucd: str, about: str) -> Column:
    # Units differ from row to row: the column `unit` has them, and this one can declare none.
    return Column(name=name, type="DOUBLE", ucd=ucd, unit="", about=f"{about}, in the row's `unit`")


RESULT = Table(
    name="reproduction",
    schema="results",
    title="Claims of papers, reproduced",
    about="For each number of a paper what it claims, what comes out here, and the verdict",
    columns=(
        _text("run_id", "meta.id", "Run that computed the row; provenance.runs has its settings and seed"),
        _text("paper", "meta.bib", "Number of the paper"),
        _text("item", "meta.id.part", "Label of the claim in the paper's checklist, such as C-5"),
        _text("quantity", "meta.title", "What is claimed, in words"),
        _number(
            "claimed",
            "meta.number",
            "What the paper says, by implication too; where the reason says that it gives no number, what an "
            "independent calculation expects",
        ),
        _number("ours", "meta.number", "What comes out here; NULL where it can not be computed"),
        _number("ours_error", "stat.error", "Standard error of a simulation; NULL for a calculation"),
        _number("tolerance", "stat.error", "How far ours may be from claimed"),
        _text("unit", "meta.unit", "VOUnit of the row's numbers; empty where they are dimensionless"),
        _text(
            "verdict",
            "meta.code.class",
            "holds (exactly when |ours - claimed| <= tolerance), differs, or not testable here",
        ),
        _text("reason", "meta.note", "Why; with every claim that does not hold", nullable=True),
    ),
)
