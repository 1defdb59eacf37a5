"""Shows sections: in the terminal, as Markdown, as one HTML page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from harness.compare.sections import Section

WIDTH = 170

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{ title }}</title>
<style>
:root { color-scheme: light dark; --line: #8884; --faint: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid var(--line); padding: .25rem .7rem; text-align: left; vertical-align: top; }
td:first-child { white-space: nowrap; }
.figure { text-align: right; white-space: nowrap; } tbody tr:hover { background: var(--faint); }
.wide { overflow-x: auto; } h2 { margin-top: 2rem; font-size: 1.1rem; } .note { opacity: .8; max-width: 60rem; }
</style></head><body>
<h1>{{ title }}</h1>
{% for line in lead %}<p class="note">{{ line }}</p>
{% endfor %}{% for s in sections %}{% if loop.index0 == after %}{{ extra }}{% endif %}<h2>{{ s.title }}</h2>
{% if s.rows %}<div class="wide"><table><thead><tr>{% for h in s.headings %}<th scope="col"{% if s.numeric(loop.index0) %} class="figure"{% endif %}>{{ h }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in s.rows %}<tr>{% for cell in row %}<td{% if s.numeric(loop.index0) %} class="figure"{% endif %}>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></div>{% else %}<p>none</p>{% endif %}
{% if s.note %}<p class="note">{{ s.note }}</p>{% endif %}
{% endfor %}{% if sections|length <= after %}{{ extra }}{% endif %}</body></html>
"""


def print_sections(found: Iterable[Section], notes: Sequence[str] = ()) -> None:
    """Rich tables on standard output."""
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for section in found:
        console.print(Text(section.title, style="bold"))
        if section.rows:
            table = Table(box=SIMPLE)
            for place, heading in enumerate(section.headings):
                figures = section.numeric(place)
                table.add_column(Text(heading), justify="right" if figures else "left", no_wrap=figures, overflow="fold")
            for row in section.rows:
                table.add_row(*map(Text, row))
            console.print(table)
        else:
            console.print("  none")
        if section.note:
            console.print(Text(section.note))
        console.print()
    for note in notes:
        console.print(Text(f"note: {note}", style="yellow"))


def to_markdown(title: str, found: Iterable[Section], notes: Sequence[str] = ()) -> str:
    """Tables as GitHub shows them."""
    lines = [f"## {title}", ""]
    for section in found:
        lines += [f"### {section.title}", ""]
        if section.rows:
            lines.append(_line(section.headings))
            lines.append("|" + "|".join(" ---: " if section.numeric(place) else " --- " for place in range(len(section.headings))) + "|")
            lines += [_line(row) for row in section.rows]
        else:
            lines.append("none")
        lines += ["", *([section.note, ""] if section.note else [])]
    lines += [f"> {note}" for note in notes]
    return "\n".join(lines).rstrip() + "\n"


def to_html(title: str, found: Iterable[Section], lead: Sequence[str] = (), extra: str = "", after: int = 0) -> str:
    """One page that needs nothing else. ``lead`` stands above the tables; ``extra`` is HTML, taken as it is, behind the first ``after`` of them."""
    import jinja2
    from markupsafe import Markup

    template = jinja2.Environment(autoescape=True).from_string(_PAGE)
    return template.render(title=title, sections=list(found), lead=lead, extra=Markup(extra), after=after)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
