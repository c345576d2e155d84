"""Measurements: kept raw, in a CSV that everything else is made from."""

import csv
import statistics
from dataclasses import astuple, dataclass, fields

COLUMNS = ["row", "case", "subject", "round", "metric", "value", "unit", "commit", "date"]


@dataclass(frozen=True)
class Figure:
    """One number of one round."""

    row: str
    case: str
    subject: str
    round: int
    metric: str
    value: float
    unit: str
    commit: str
    date: str


assert [field.name for field in fields(Figure)] == COLUMNS


class Results:
    """All figures of this run and of earlier ones whose rows were not measured again."""

    def __init__(self, commit, date):
        self.commit, self.date = commit, date
        self.figures = []

    def add(self, row, case, subject, number, metric, value, unit):
        value = float(f"{value:.6g}")
        figure = Figure(row, case, subject, number, metric, value, unit, self.commit, self.date)
        self.figures.append(figure)

    def add_load(self, where, result, procs=(), unit="requests"):
        """What a load printed: rate, latencies, CPU of the server, its memory."""
        count = result["units"]
        self.add(*where, "rate", result["units_per_s"], f"{unit}/s")
        for name in ("p50_us", "p99_us", "p999_us"):
            if name in result:
                self.add(*where, name.removesuffix("_us"), result[name], "us")
        if result.get("cpu_s") and count:
            self.add(*where, "cpu", result["cpu_s"] * 1e6 / count, f"us/{unit[:-1]}")
        if procs:
            rss = sum(proc.rss_bytes() for proc in procs)
            self.add(*where, "rss", rss / 2**20, "MiB")
        if result.get("refused"):
            self.add(*where, "refused", result["refused"], "requests")

    def read_earlier(self, path, rows):
        """Takes the figures of other rows than `rows` from a CSV."""
        if not path.exists():
            return
        with open(path, newline="") as lines:
            earlier = [figure_of(line) for line in csv.DictReader(lines)]
        self.figures = [figure for figure in earlier if figure.row not in rows] + self.figures

    def write(self, path):
        with open(path, "w", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(astuple(figure) for figure in self.figures)

    def rows(self):
        return {figure.row for figure in self.figures}

    def cases(self, row):
        return unique(figure.case for figure in self.figures if figure.row == row)

    def subjects(self, row, case):
        of_case = (f.subject for f in self.figures if (f.row, f.case) == (row, case))
        return unique(of_case)

    def by_round(self, row, case, subject, metric):
        """The values by round."""
        wanted = (row, case, subject, metric)
        return {
            figure.round: figure.value
            for figure in self.figures
            if (figure.row, figure.case, figure.subject, figure.metric) == wanted
        }

    def unit(self, row, metric):
        found = (f.unit for f in self.figures if (f.row, f.metric) == (row, metric))
        return next(found, "")

    def ratios(self, row, over, under, metric):
        """Of each round: `over` divided by `under`, each a case and a subject."""
        above = self.by_round(row, *over, metric)
        below = self.by_round(row, *under, metric)
        return [above[n] / below[n] for n in sorted(above) if below.get(n)]


def figure_of(line):
    values = {**line, "round": int(line["round"]), "value": float(line["value"])}
    return Figure(**{name: values[name] for name in COLUMNS})


def unique(values):
    return list(dict.fromkeys(values))


@dataclass(frozen=True)
class Spread:
    """The middle of several rounds, and how far they lie apart."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values):
        values = list(values)
        if not values:
            return None
        return Spread(statistics.median(values), min(values), max(values))

    def apart_percent(self):
        return 0.0 if not self.median else (self.high - self.low) / abs(self.median) * 100
