"""index.html from its templates. All text goes through Jinja's escaping: instructions and errors come from outside."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render_page(**shown: Any) -> str:
    """The page's HTML."""
    return _environment().get_template("index.html.j2").render(scripts=_scripts(), **shown)


def _scripts() -> list[str]:
    """The page's own scripts in the order in which they must run: by name, numbered."""
    return sorted(item.name for item in resources.files("harness.report").joinpath("assets").iterdir() if item.name.endswith(".js"))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, points=points, p_value=p_value, seconds=seconds, number=number, pretty=pretty)
    return environment


def percent(rate: dict[str, Any] | None, key: str = "rate") -> str:
    """``75.0 % [47, 91]``, or a dash where there is no rate."""
    if not rate or rate.get(key) is None:
        return "-"
    return (
        f"{100 * rate[key]:.1f} % [{100 * rate['low']:.0f}, {100 * rate['high']:.0f}]"
        if rate.get("low") is not None
        else f"{100 * rate[key]:.1f} %"
    )


def points(interval: dict[str, Any] | None) -> str:
    """A difference of rates in percentage points with its interval."""
    if not interval or interval.get("value") is None:
        return "-"
    text = f"{100 * interval['value']:+.1f}"
    return text if interval.get("low") is None else f"{text} [{100 * interval['low']:+.1f}, {100 * interval['high']:+.1f}]"


def p_value(p: float | None) -> str:
    return "-" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} s" if value >= 1 else f"{1000 * value:.1f} ms"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"


def pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
