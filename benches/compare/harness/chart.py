"""Line charts as SVG: P11, from the figures. One panel for redirects, one for reports."""

import math
from html import escape

from .goals import number
from .results import Spread

WIDTH, HEIGHT = 880, 380
TOP, BOTTOM = 92, 66
# Where the axes of each panel begin and end.
PANELS = ((84, 424), (524, 864))
COLOURS = ("#0b6e99", "#b4451f")
SHOWN = (("redirects", "Redirects per second"), ("reports", "Usage records per second"))
GOAL_SHARE = 0.85
FONT = "font-family='system-ui, sans-serif'"
INK, SOFT, GRID = "#111827", "#444b54", "#e3e6ea"


def growth_chart(results):
    """Throughput against tenants; None where there is nothing to draw."""
    panels = [(name, points) for what, name in SHOWN if len(points := _points(results, what)) >= 2]
    if not panels:
        return None
    title = "Throughput of one core as the number of tenants grows"
    out = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"width='{WIDTH}' height='{HEIGHT}' role='img' aria-labelledby='title'>",
        f"<title id='title'>{title}</title>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>",
        _text(24, 32, title, 18, weight=600),
        _text(24, 54, "medians; thin strokes: lowest and highest round; dashed: the goal, 85 % of the first", 13, colour=SOFT),
    ]
    for (name, points), (left, right), colour in zip(panels, PANELS, COLOURS, strict=False):
        out += _panel(name, points, left, right, colour)
    caption = "tenants, each with a user, and five quotas for both"
    out.append(_text(WIDTH / 2, HEIGHT - 14, caption, 13, anchor="middle", colour=SOFT))
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _points(results, what):
    points = []
    for case in results.cases("P11"):
        if not case.startswith(what + ","):
            continue
        rate = Spread.of(results.by_round("P11", case, "upsell", "rate").values())
        tenants = Spread.of(results.by_round("P11", case, "upsell", "tenants").values())
        if rate and rate.median > 0 and tenants:
            points.append((tenants.median, rate))
    return sorted(points, key=lambda point: point[0])


def step_of(top):
    """A round distance between lines of the grid, for four to eight of them."""
    size = 10 ** math.floor(math.log10(top))
    return next(size * part for part in (0.1, 0.2, 0.25, 0.5, 1, 2) if top / (size * part) <= 7)


def _panel(name, points, left, right, colour):
    goal = points[0][1].median * GOAL_SHARE
    top = max(spread.high for _, spread in points) * 1.12
    # Sizes grow by factors, so each has the same room.
    across = (right - left - 60) / (len(points) - 1)
    base = HEIGHT - BOTTOM

    def x_of(place):
        return left + 30 + place * across

    def y_of(rate):
        return base - rate / top * (base - TOP)

    yield _text(left, TOP - 10, name, 14, colour=colour, weight=600)
    step = step_of(top)
    for line in range(int(top / step) + 1):
        y = y_of(line * step)
        yield f"<line x1='{left}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}' stroke='{GRID}'/>"
        yield _text(left - 8, y + 4, f"{line * step:,.0f}", 12, anchor="end", colour=SOFT)
    yield f"<line x1='{left}' x2='{right}' y1='{base}' y2='{base}' stroke='{SOFT}'/>"
    y = y_of(goal)
    dashes = "stroke-dasharray='6 5'"
    yield f"<line x1='{left}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}' stroke='#6b7280' {dashes}/>"
    path = " ".join(f"{x_of(at):.1f},{y_of(s.median):.1f}" for at, (_, s) in enumerate(points))
    yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2.5'/>"
    for place, (tenants, spread) in enumerate(points):
        x, low, high = x_of(place), y_of(spread.low), y_of(spread.high)
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{low:.1f}' y2='{high:.1f}' stroke='{colour}'/>"
        yield f"<circle cx='{x:.1f}' cy='{y_of(spread.median):.1f}' r='4.5' fill='{colour}'/>"
        label = number(spread.median)
        yield _text(x, high - 10, label, 13, anchor="middle", colour=colour, weight=600)
        yield _text(x, base + 20, f"{tenants:,.0f}", 12, anchor="middle", colour=SOFT)


def _text(x, y, text, size, anchor="start", colour=INK, weight=400):
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' "
        f"fill='{colour}' font-weight='{weight}' {FONT}>{escape(text)}</text>"
    )
