"""Small pictures for model cards, as SVG text, so that training needs no drawing library."""

from typing import Any

_SIZE, _LEFT, _TOP, _PLOT = (640, 300), 50, 40, 220
_COLOURS = ("#1b6ca8", "#c4572e")


def quality_picture(quality: dict[str, Any]) -> str:
    """Return the reliability and the risk-coverage curves of an evaluation (its ``as_dict``) as SVG."""
    calibration: dict[str, list[tuple[float, float]]] = {
        name: [(b["probability"], b["share"]) for b in bins] for name, bins in quality["reliability"].items()
    }
    kept: dict[str, list[tuple[float, float]]] = {name: [(c["share"], c["f1"]) for c in curve] for name, curve in quality["coverage"].items()}
    panels = [
        _panel(0, "Reliability", "probability", "share that is true", calibration, diagonal=True),
        _panel(320, "F1 of what is kept", "share of decisions kept", "micro F1", kept, diagonal=False),
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SIZE[0]} {_SIZE[1]}" font-family="sans-serif" font-size="11">'
    return "\n".join([head, f'<rect width="{_SIZE[0]}" height="{_SIZE[1]}" fill="#fff"/>', *panels, "</svg>"]) + "\n"


def _panel(left: int, title: str, across: str, up: str, curves: dict[str, list[tuple[float, float]]], *, diagonal: bool) -> str:
    x0, y0 = left + _LEFT, _TOP + _PLOT
    parts = [f'<text x="{x0}" y="20" font-size="13">{title}</text>']
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = _at(x0, tick, tick)
        parts.append(f'<path d="M{x0} {y}h{_PLOT}M{x} {_TOP}v{_PLOT}" stroke="#e4e4e4"/>')
        parts.append(
            f'<text x="{x}" y="{y0 + 14}" text-anchor="middle">{tick:g}</text><text x="{x0 - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>'
        )
    if diagonal:
        parts.append(f'<path d="M{x0} {y0}l{_PLOT} {-_PLOT}" stroke="#999" stroke-dasharray="4 3"/>')
    for place, ((name, points), colour) in enumerate(zip(curves.items(), _COLOURS, strict=False)):
        line = " ".join(f"{x},{y}" for x, y in (_at(x0, *point) for point in points))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in (_at(x0, *point) for point in points)]
        parts.append(f'<text x="{x0 + _PLOT}" y="{16 + 14 * place}" text-anchor="end" fill="{colour}">{name}</text>')
    parts.append(f'<text x="{x0 + _PLOT / 2}" y="{y0 + 30}" text-anchor="middle">{across}</text>')
    parts.append(f'<text transform="translate({left + 14} {_TOP + _PLOT / 2}) rotate(-90)" text-anchor="middle">{up}</text>')
    return "\n".join(parts)


def _at(x0: int, x: float, y: float) -> tuple[float, float]:
    return round(x0 + x * _PLOT, 1), round(_TOP + (1 - y) * _PLOT, 1)
