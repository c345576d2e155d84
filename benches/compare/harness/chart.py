"""A line chart as SVG: P11, from the figures."""

from html import escape

from .goals import number
from .results import Spread

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 90, 30, 64, 64
COLOURS = ("#0b6e99", "#b4451f")
FONT = "font-family='system-ui, sans-serif'"


def growth_chart(results):
    """Throughput against tenants, each line as a share of its own smallest size; None where
    there is nothing to draw."""
    lines = []
    for what, name in (("redirects", "redirects per second"), ("reports", "usage records per second")):
        points = _points(results, what)
        if len(points) >= 2:
            lines.append((name, points))
    return _draw(lines) if lines else None


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


def _draw(lines):
    sizes = sorted({tenants for _, points in lines for tenants, _ in points})
    top = max(spread.high / points[0][1].median for _, points in lines for _, spread in points)
    top_percent = max(110, -(-top * 100 // 10) * 10)
    # Sizes grow by factors: each has the same room.
    across = (WIDTH - LEFT - RIGHT) / max(1, len(sizes) - 1)
    x_of = lambda tenants: LEFT + sizes.index(tenants) * across
    y_of = lambda percent: HEIGHT - BOTTOM - percent / top_percent * (HEIGHT - TOP - BOTTOM)
    out = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' "
        f"width='{WIDTH}' height='{HEIGHT}' role='img' aria-labelledby='title'>",
        "<title id='title'>Throughput of one core as the number of tenants grows</title>",
        f"<rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>",
        _text(LEFT, 28, "Throughput of one core as the number of tenants grows", 17, weight=600),
    ]
    out += _grid(sizes, top_percent, x_of, y_of)
    for index, (name, points) in enumerate(lines):
        out += _line(name, points, COLOURS[index], x_of, y_of, above=index == 0)
        out += _legend(name, COLOURS[index], LEFT + index * 250)
    out.append("</svg>")
    return "\n".join(out) + "\n"


def _grid(sizes, top_percent, x_of, y_of):
    right = WIDTH - RIGHT
    for percent in range(0, int(top_percent) + 1, 20):
        y = y_of(percent)
        yield f"<line x1='{LEFT}' x2='{right}' y1='{y:.1f}' y2='{y:.1f}' stroke='#e3e6ea'/>"
        yield _text(LEFT - 10, y + 4, f"{percent} %", 13, anchor="end", colour="#444b54")
    goal = y_of(85)
    yield (
        f"<line x1='{LEFT}' x2='{right}' y1='{goal:.1f}' y2='{goal:.1f}' stroke='#6b7280' "
        "stroke-dasharray='6 5'/>"
    )
    yield _text(right, goal + 16, "goal: at least 85 %", 12, anchor="end", colour="#6b7280")
    base = HEIGHT - BOTTOM
    yield f"<line x1='{LEFT}' x2='{right}' y1='{base}' y2='{base}' stroke='#444b54'/>"
    for place, tenants in enumerate(sizes):
        anchor = "start" if place == 0 else "end" if place == len(sizes) - 1 else "middle"
        yield _text(x_of(tenants), base + 22, f"{tenants:,.0f}", 13, anchor=anchor, colour="#444b54")
    middle = (LEFT + right) / 2
    label = "tenants, each with a user and five quotas at both levels"
    yield _text(middle, HEIGHT - 16, label, 13, anchor="middle", colour="#444b54")
    y = (TOP + base) / 2
    yield (
        f"<text x='22' y='{y:.0f}' transform='rotate(-90 22 {y:.0f})' text-anchor='middle' "
        f"font-size='13' fill='#444b54' {FONT}>share of the smallest size</text>"
    )


def _line(name, points, colour, x_of, y_of, above):
    first = points[0][1].median
    share = lambda value: value / first * 100
    path = " ".join(f"{x_of(t):.1f},{y_of(share(s.median)):.1f}" for t, s in points)
    yield f"<polyline points='{path}' fill='none' stroke='{colour}' stroke-width='2.5'/>"
    for place, (tenants, spread) in enumerate(points):
        x, y = x_of(tenants), y_of(share(spread.median))
        low, high = y_of(share(spread.low)), y_of(share(spread.high))
        yield f"<line x1='{x:.1f}' x2='{x:.1f}' y1='{low:.1f}' y2='{high:.1f}' stroke='{colour}'/>"
        yield f"<circle cx='{x:.1f}' cy='{y:.1f}' r='4.5' fill='{colour}'/>"
        anchor = "start" if place == 0 else "end" if place == len(points) - 1 else "middle"
        label_y = min(low, high) - 10 if above else max(low, high) + 20
        aside = 8 if place == 0 else -8 if place == len(points) - 1 else 0
        label = f"{number(spread.median)}/s"
        yield _text(x + aside, label_y, label, 13, anchor=anchor, colour=colour, weight=600)


def _legend(name, colour, x):
    yield f"<line x1='{x}' x2='{x + 24}' y1='46' y2='46' stroke='{colour}' stroke-width='2.5'/>"
    yield _text(x + 32, 50, name, 13, colour=colour)


def _text(x, y, text, size, anchor="start", colour="#111827", weight=400):
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='{size}' text-anchor='{anchor}' "
        f"fill='{colour}' font-weight='{weight}' {FONT}>{escape(text)}</text>"
    )
