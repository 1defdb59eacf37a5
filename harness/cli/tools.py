"""``gauntlet parity`` and ``gauntlet bench``: tools that the rooms bring along.

A room names a function under the entry-point group ``gauntlet.parity`` or ``gauntlet.bench`` (in pyproject.toml); the harness calls it with the arguments after the name and imports nothing of the room itself::

    [project.entry-points."gauntlet.bench"]
    simpler = "envs.manipulation.simpler.bench:main"

    def main(arguments: list[str]) -> int:
        '''The command's exit code.'''
"""

from __future__ import annotations

from importlib.metadata import entry_points

from harness.errors import ConfigError, did_you_mean


def tool_command(kind: str, name: str | None, arguments: list[str]) -> int:
    """Exit code of the tool ``name`` of the group ``gauntlet.<kind>``."""
    tools = {point.name: point for point in entry_points(group=f"gauntlet.{kind}")}
    if name is None:
        raise ConfigError(f"{kind} of what?", f"gauntlet {kind} {' or '.join(sorted(tools))}")
    if name not in tools:
        raise ConfigError(f"nothing of the name {name!r} has a gauntlet {kind} command", did_you_mean(name, tools))
    return int(tools[name].load()(arguments))
