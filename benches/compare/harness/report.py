"""RESULTS.md, made from the figures."""

from .goals import GOALS, ROWS, TITLES, number
from .results import Spread

HEAD = """# Results

Made by `benches/compare/run` from [`results.csv`](results.csv); [`README.md`](README.md) says how to read it.
Figures are medians of the rounds; a ratio is the median of the ratios of each round, in which peers and service were
measured in turn. *Spread* is lowest to highest. What counts are the ratios: absolute figures move with the machine.
"""


def report(results, facts, notes):
    """The text. `facts`: tables of names and values; `notes`: a text by row, from people."""
    parts = [HEAD]
    for title, table in facts.items():
        parts.append(f"\n## {title}\n\n| | |\n|---|---|\n")
        parts += [f"| {name} | {value} |\n" for name, value in table.items()]
    parts.append("\n## Goals\n\n| Row | What | Goal | Figure | Spread | Reached |\n|---|---|---|---|---|---|\n")
    for row in ROWS:
        parts += _goal_lines(row, results)
    for row in ROWS:
        parts += _details(row, results, notes.get(row))
    return "".join(parts)


def _goal_lines(row, results):
    for goal in (goal for goal in GOALS if goal.row == row):
        spread = goal.spread(results)
        if spread is None:
            yield f"| {row} | {goal.what} | {goal.goal()} | not measured | | |\n"
            continue
        reached = "yes" if goal.reached(spread) else "**no**"
        apart = f"{number(spread.low)} – {number(spread.high)}"
        figure = goal.figure(spread)
        yield f"| {row} | {goal.what} | {goal.goal()} | {figure} | {apart} | {reached} |\n"


def _details(row, results, note):
    yield f"\n## {row}. {TITLES[row]}\n\n`benches/compare/run --only {row}`\n"
    cases = results.cases(row)
    if not cases:
        yield "\nNot measured yet.\n"
    else:
        measured = sorted({(f.commit, f.date) for f in results.figures if f.row == row})
        rounds = len({f.round for f in results.figures if f.row == row})
        when = "; ".join(f"{date}, commit {commit}" for commit, date in measured)
        yield f"\n{when}; rounds: {rounds}\n"
    for case in cases:
        yield f"\n### {case}\n\n" if len(cases) > 1 else "\n"
        yield from _table(row, case, results)
    if row == "P11" and cases:
        yield "\n![Throughput as the number of tenants grows](../../docs/growth.svg)\n"
    if note:
        yield f"\n{note.strip()}\n"


def _table(row, case, results):
    subjects = results.subjects(row, case)
    metrics = []
    for figure in results.figures:
        if (figure.row, figure.case) == (row, case) and figure.metric not in metrics:
            metrics.append(figure.metric)
    # What only a ratio is made of says nothing by itself.
    metrics = [metric for metric in metrics if metric != "p99 in fsyncs"]
    heads = [_head(row, case, metric, results) for metric in metrics]
    yield f"| | {' | '.join(heads)} |\n|---|{'---|' * len(metrics)}\n"
    for subject in subjects:
        cells = [_cell(results.by_round(row, case, subject, metric).values()) for metric in metrics]
        yield f"| {subject} | {' | '.join(cells)} |\n"


def _head(row, case, metric, results):
    units = {f.unit for f in results.figures if (f.row, f.case, f.metric) == (row, case, metric)}
    unit = " or ".join(sorted(units)).replace("us", "µs")
    if unit == metric:
        return metric
    return {"rate": unit, "cpu": f"CPU {unit}"}.get(metric, f"{metric}, {unit}")


def _cell(values):
    spread = Spread.of(values)
    if spread is None:
        return ""
    if spread.low == spread.high:
        return number(spread.median)
    return f"{number(spread.median)} ± {spread.apart_percent() / 2:.0f} %"
