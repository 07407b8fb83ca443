"""Tables whose rows come of several files: each form's rows, joined by a key that all of them have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from catalogdb.errors import DataError
from catalogdb.schema import Table
from ingest.convert import provided
from ingest.converters.values import sql_literal
from ingest.fields import final
from ingest.forms import Plan
from ingest.spec import Form, Join, Spec


def check_files(spec: Spec, plans: Sequence[Plan]) -> None:
    """Raise DataError if a file that others are joined with is missing, or has nothing to be joined with."""
    given = {plan.form.name: plan for plan in plans}
    for plan in plans:
        for join in plan.form.joins:
            if join.form not in given and not join.optional:
                raise DataError(
                    f"{plan.path} (form {plan.form.name} of {spec.name}) is read together with a file of "
                    f"form {_told(spec, join.form)}: name that file too"
                )
        wholes = [form for form in spec.forms if plan.form.name in _parts_of(form)]
        if wholes and not any(form.name in given for form in wholes):
            names = " or ".join(_told(spec, form.name) for form in wholes)
            raise DataError(
                f"{plan.path} (form {plan.form.name} of {spec.name}) is only a part of the table: name the "
                f"file of form {names} too"
            )


def _told(spec: Spec, name: str) -> str:
    form = spec.form(name)
    return f"{name} ({form.about})" if form is not None and form.about else name


def are_joined(plans: Sequence[Plan]) -> bool:
    """Whether rows of these files stand beside each other."""
    return any(plan.form.joins for plan in plans)


def _parts_of(form: Form) -> set[str]:
    return {join.form for join in form.joins}


def keyed_parts(plans: Sequence[Plan]) -> Iterator[tuple[str, list[tuple[int, Plan]]]]:
    """Yield (key, numbered files) of each joined form in which a key may stand only once."""
    for join in {join.form: join for plan in plans for join in plan.form.joins}.values():
        files = [(number, plan) for number, plan in enumerate(plans) if plan.form.name == join.form]
        if files and join.gather is None:
            yield join.on, files


def united(plans: Sequence[Plan], table: Table, selects: Sequence[str]) -> str:
    """Return the SELECT of the table's columns ("k:name") from the SELECT of each file.

    Files of one form follow one another; those of forms that are joined stand beside each other. A row
    without a partner is kept, with NULL for what the partner would give.
    """
    parts = {name for plan in plans for name in _parts_of(plan.form)}
    files = [(plan.form.name, _given(plan, parts), sql) for plan, sql in zip(plans, selects, strict=True)]
    branches = []
    for plan, (name, given, sql) in zip(plans, files, strict=True):
        if not plan.form.joins and name not in parts:
            branches.append(aligned(given, table, sql))
    for form in {plan.form.name: plan.form for plan in plans if plan.form.joins}.values():
        names, rows = _of_form(files, form.name)
        for join in form.joins:
            other_names, others = _of_form(files, join.form)
            if others:
                rows = _beside(join, (names, rows), (other_names, _gathered(join, other_names, others)))
                names = names | other_names
        branches.append(aligned(names, table, rows))
    return " UNION ALL ".join(branches)


def _given(plan: Plan, parts: set[str]) -> set[str]:
    """The columns of a file; of joined files, that with the positions gives their epoch."""
    names = {column.name for column in provided(plan.spec, plan.form, plan.present)}
    joined = plan.form.joins or plan.form.name in parts
    return names - {"ref_epoch"} if joined and "ra" not in names else names


def _of_form(files: Sequence[tuple[str, set[str], str]], name: str) -> tuple[set[str], str]:
    mine = [(given, sql) for form, given, sql in files if form == name]
    return set().union(*(given for given, _ in mine)), " UNION ALL BY NAME ".join(sql for _, sql in mine)


def _gathered(join: Join, names: set[str], rows: str) -> str:
    """One row for each key, the texts of its rows joined in alphabetical order, each once."""
    if join.gather is None:
        return rows
    texts = ", ".join(
        f"string_agg(DISTINCT {final(n)}, {sql_literal(join.gather)} ORDER BY {final(n)}) AS {final(n)}"
        for n in sorted(names - {join.on})
    )
    return f"SELECT {final(join.on)}, {texts} FROM ({rows}) GROUP BY {final(join.on)}"


def _beside(join: Join, left: tuple[set[str], str], right: tuple[set[str], str]) -> str:
    columns = []
    for name in sorted(left[0] | right[0]):
        sides = [f"{side}.{final(name)}" for side, (names, _) in (("a", left), ("b", right)) if name in names]
        columns.append(f"coalesce({', '.join(sides)}) AS {final(name)}")
    key = final(join.on)
    return (
        f"SELECT {', '.join(columns)} FROM ({left[1]}) AS a FULL JOIN ({right[1]}) AS b ON a.{key} = b.{key}"
    )


def aligned(given: set[str], table: Table, inner: str) -> str:
    """Return the SELECT of the table's columns, in its order and types, NULL where the files lack them."""
    listed = ", ".join(
        f"{final(c.name)} AS {final(c.name)}"
        if c.name in given
        else f"CAST(NULL AS {c.type}) AS {final(c.name)}"
        for c in table.columns
        if c.name != "hpx29"
    )
    return f"SELECT {listed} FROM ({inner})"
