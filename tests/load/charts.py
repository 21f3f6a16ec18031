"""Bar charts as SVG, drawn by hand: ours and peers, one colour each, on a logarithmic scale."""

import math
from html import escape

WIDTH, LEFT, RIGHT, BAR, GAP, TOP = 760, 220, 90, 16, 14, 70
COLOURS = ("#0b6e4f", "#b0563c", "#4a5a8a", "#8a6d1f")
_STYLE = "font: 12px system-ui, sans-serif"


def bars(title: str, groups: dict[str, dict[str, float]]) -> str:
    """One group of bars a line, in the order given; each bar says its value."""
    names = list(next(iter(groups.values())))
    values = [value for group in groups.values() for value in group.values()]
    low = 10 ** math.floor(math.log10(min(values)))
    high = 10 ** math.ceil(math.log10(max(values)))
    shapes, y = _legend(names), TOP
    for group, each in groups.items():
        middle = y + BAR * len(each) / 2 + 4
        shapes.append(f'<text x="{LEFT - 10}" y="{middle:.0f}" text-anchor="end">{escape(group)}</text>')
        for n, value in enumerate(each.values()):
            shapes += _bar(y, COLOURS[n % len(COLOURS)], value, _length(value, low, high))
            y += BAR
        y += GAP
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" style="{_STYLE}" role="img">'
    ground = f'<rect width="{WIDTH}" height="{y}" fill="#fff"/>'
    label = f'<title>{escape(title)}</title><text x="10" y="20" font-weight="bold">{escape(title)}</text>'
    return "\n".join([head, ground, label, *shapes, "</svg>"]) + "\n"


def _length(value: float, low: float, high: float) -> float:
    return (WIDTH - LEFT - RIGHT) * math.log(value / low) / math.log(high / low)


def _legend(names: list[str]) -> list[str]:
    shapes = []
    for n, name in enumerate(names):
        x = 10 + n * 180
        shapes.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{COLOURS[n % len(COLOURS)]}"/>')
        shapes.append(f'<text x="{x + 18}" y="45">{escape(name)}</text>')
    return shapes


def _bar(y: int, colour: str, value: float, length: float) -> list[str]:
    return [
        f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 2}" fill="{colour}"/>',
        f'<text x="{LEFT + length + 6:.1f}" y="{y + BAR - 4}">{value:,.0f}</text>',
    ]
