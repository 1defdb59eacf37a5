"""``gauntlet navsim score | cache | index``: NAVSIM's scores of trajectories in a folder of data, the caches that make scoring fast, and the list of the scenes meant."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from envs.driving.errors import DataError, UnknownTokenError
from harness.errors import ConfigError, GauntletError, did_you_mean

if TYPE_CHECKING:
    from envs.driving.batch.score_folder import FolderScores
    from envs.driving.formats import NavsimData

EXIT_ERRORS = 3
"""the results are written, but some scenes ended in errors"""
VERSIONS = ("v2", "v1")
TRAFFIC = ("log-replay", "reactive", "navsim-v2", "idm")
FILTERS = ("official", "before-2025-09-29", "off")

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="NAVSIM's scores (PDMS v1.1, EPDMS v2.2), natively.",
)

DataOption = Annotated[Path, typer.Option("--data", help="folder with navsim_logs/<split>, maps, synthetic scenes and index.json")]
VersionOption = Annotated[str, typer.Option("--version", help="v2 (EPDMS v2.2) or v1 (PDMS v1.1)")]
SplitOption = Annotated[str | None, typer.Option(help="folder under navsim_logs; needed when there are several")]
MapsOption = Annotated[Path | None, typer.Option(help="folder of the maps, when it is not DATA/maps")]
FilterOption = Annotated[
    str | None, typer.Option("--filter", help="NAVSIM's scene filter: a published split's name, or its YAML, instead of index.json")
]
GoOnOption = Annotated[bool, typer.Option("--go-on", help="score what is there although scenes are missing")]
GapsOption = Annotated[bool, typer.Option("--allow-gaps", help="score scenes whose log has a gap, as NAVSIM does")]
WorkersOption = Annotated[int, typer.Option(min=1, help="processes")]


@app.command()
def score(
    data: DataOption,
    trajectories: Annotated[Path, typer.Option(help="JSON: {token: [{name, dt, poses}, ...]}, poses in the ego's rear-axle frame")],
    out: Annotated[Path | None, typer.Option(help="results as JSON, in the layout of the official outputs")] = None,
    csv: Annotated[Path | None, typer.Option(help="results as CSV, in the official column names")] = None,
    version: VersionOption = "v2",
    traffic: Annotated[
        str | None, typer.Option(help="log-replay, reactive (NAVSIM's IDM, as it behaves) or idm (corrected); two stages use reactive")
    ] = None,
    two_stage: Annotated[bool, typer.Option("--two-stage", help="NAVSIM's pseudo closed loop over index.json's mapping")] = False,
    mapping: Annotated[Path | None, typer.Option(help="NAVSIM's YAML of a two-stage split, instead of index.json's mapping")] = None,
    human_filter: Annotated[str, typer.Option(help="official, before-2025-09-29 (no effect on the final score) or off")] = "official",
    cache: Annotated[Path | None, typer.Option(help="folder that gauntlet navsim cache wrote")] = None,
    split: SplitOption = None,
    maps: MapsOption = None,
    scene_filter: FilterOption = None,
    go_on: GoOnOption = False,
    allow_gaps: GapsOption = False,
    workers: WorkersOption = 1,
) -> None:
    """Score trajectories. Exit code: 0 all scenes have scores, 2 bad input, 3 some ended in errors."""
    from envs.driving.batch import official_json
    from envs.driving.batch.official_csv import write_csv
    from envs.driving.batch.official_two_stage import two_stage_layout
    from envs.driving.batch.score_folder import Options, score_folder
    from envs.driving.batch.trajectory_file import read_trajectories

    _choose(version, VERSIONS, "--version")
    _choose(human_filter, FILTERS, "--human-filter")
    chosen_traffic = _choose(traffic or ("reactive" if two_stage else "log-replay"), TRAFFIC, "--traffic")
    if out is None and csv is None:
        raise ConfigError("nowhere to write the results", "pass --out FILE.json or --csv FILE.csv")
    if two_stage and version != "v2":
        raise ConfigError("PDMS v1.1 has no second stage", "leave out --two-stage, or take --version v2")
    if version == "v1" and chosen_traffic != "log-replay":
        raise ConfigError(f"PDMS v1.1 knows no {chosen_traffic} traffic", "take --traffic log-replay")

    source = _open(data, version, split, maps, scene_filter, allow_gaps, mapping)
    file = read_trajectories(trajectories)
    wanted = source.tokens if version == "v1" else source.tokens + source.synthetic_tokens
    tokens = _present(source, wanted, go_on)
    if not go_on:
        file.refuse_unknown(source.tokens + source.synthetic_tokens, str(data))
    tokens = _with_trajectories(file.tokens, str(trajectories), tokens, go_on)

    start = time.perf_counter()
    options = Options(version, chosen_traffic, human_filter, cache)
    scored = score_folder(source, file, tokens, options, workers)
    coverage = source.coverage()
    if two_stage:
        content = two_stage_layout(scored, source.mapping, options, coverage)
    else:
        layout = official_json.v1_layout if version == "v1" else official_json.v2_layout
        content = layout(scored, options, coverage)
    if out is not None:
        _write(out, content)
    if csv is not None:
        write_csv(csv, scored, version)
    combined = {name: agent["combined"] for name, agent in content["agents"].items()} if two_stage else None
    _say(scored, time.perf_counter() - start, combined)
    raise typer.Exit(EXIT_ERRORS if scored.errors else 0)


@app.command()
def cache(
    data: DataOption,
    out: Annotated[Path, typer.Option(help="folder for the caches, one .npz a scene")],
    version: VersionOption = "v2",
    split: SplitOption = None,
    maps: MapsOption = None,
    scene_filter: FilterOption = None,
    go_on: GoOnOption = False,
    allow_gaps: GapsOption = False,
) -> None:
    """Make what scoring needs of each scene, once. Exit code: 0 all made, 2 bad input, 3 some scenes ended in errors."""
    from envs.driving.batch.cache_folder import make_cache, save_cache
    from envs.driving.batch.score_folder import attempt

    _choose(version, VERSIONS, "--version")
    source = _open(data, version, split, maps, scene_filter, allow_gaps)
    tokens = _present(source, source.tokens if version == "v1" else source.tokens + source.synthetic_tokens, go_on)
    start, errors = time.perf_counter(), {}
    for token in tokens:
        done = attempt(lambda token=token: save_cache(out, *make_cache(source, token, version)))
        if isinstance(done, str):
            errors[token] = done
    made = len(tokens) - len(errors)
    print(f"{made:,} of {len(tokens):,} caches made in {time.perf_counter() - start:.1f} s: {out}")
    _say_errors(errors)
    raise typer.Exit(EXIT_ERRORS if errors else 0)


@app.command()
def index(
    data: DataOption,
    mapping: Annotated[
        Path | None, typer.Option(help="NAVSIM's YAML of a two-stage split (train_test_split/navhard_two_stage.yaml)")
    ] = None,
    split: SplitOption = None,
    scene_filter: FilterOption = None,
    go_on: GoOnOption = False,
) -> None:
    """Write DATA/index.json: the scenes of a filter, or of a two-stage mapping, for everything that opens the folder."""
    from envs.driving.formats import DataIndex, write_index

    if mapping is None and scene_filter is None:
        raise ConfigError("an index of what?", "pass --filter or --mapping")
    source = _open(data, "v2", split, None, scene_filter, False, mapping)
    _present(source, source.tokens + source.synthetic_tokens, go_on)
    split = source.log_files[0].parent.name if source.log_files else source.split
    print(write_index(data, DataIndex(split, source.tokens, source.synthetic_tokens, source.mapping)))


def _choose(value: str, known: tuple[str, ...], option: str) -> str:
    if value not in known:
        raise ConfigError(f"{option} {value!r} is unknown", did_you_mean(value, known))
    return value


def _open(
    data: Path, version: str, split: str | None, maps: Path | None, scene_filter: str | None, allow_gaps: bool, mapping: Path | None = None
) -> NavsimData:
    """The data, the chosen filter applied. Raises DataError."""
    from envs.driving.formats import NavsimData, SceneFilter, filter_named
    from envs.driving.scoring.metric_cache import FUTURE_FRAMES

    chosen = None
    if scene_filter is not None and Path(scene_filter).suffix in (".yaml", ".yml"):
        chosen = SceneFilter.from_yaml(Path(scene_filter))
    elif scene_filter is not None:
        chosen, data_split = filter_named(scene_filter, data)
        split = split or data_split
    return NavsimData(
        data, split=split, maps=maps, scene_filter=chosen, num_future=FUTURE_FRAMES[version], allow_gaps=allow_gaps, mapping=mapping
    )


def _present(source: NavsimData, wanted: tuple[str, ...], go_on: bool) -> list[str]:
    """What of ``wanted`` is there, said at once. Raises DataError when something is missing and ``go_on`` was not asked for."""
    missing = set(source.missing)
    print(source.coverage(), flush=True)
    for path, error in source.broken.items():
        print(f"  {path.name}: {error}")
    if (missing or source.broken or source.missing_logs) and not go_on:
        raise DataError(source.coverage(), "fetch the rest, or pass --go-on to score what is there")
    if not wanted:
        raise DataError(f"{source.folder} has no scenes to score", "check the split, the filter and index.json")
    return [token for token in wanted if token not in missing]


def _with_trajectories(known: tuple[str, ...], file: str, tokens: list[str], go_on: bool) -> list[str]:
    """Those of ``tokens`` that have trajectories. Raises UnknownTokenError when some have none and ``go_on`` was not asked for."""
    there = set(known)
    having = [token for token in tokens if token in there]
    if len(having) < len(tokens):
        lacking = next(token for token in tokens if token not in there)
        said = f"{file} has trajectories for {len(having):,} of {len(tokens):,} scenes; {lacking} has none"
        if not go_on or not having:
            raise UnknownTokenError(said, "add them, or pass --go-on to score those that have")
        print(said)
    return having


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, separators=(",", ":"), allow_nan=False) + "\n")
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}", "choose another --out") from None


def _say(scored: FolderScores, seconds: float, combined: dict[str, float] | None) -> None:
    from envs.driving.batch.official_json import mean_scores

    count = sum(len(result.scores) for result in scored.results.values())
    print(f"{count:,} trajectories in {len(scored.results):,} scenes scored in {seconds:.1f} s")
    for name, value in (combined or mean_scores(scored)).items():
        print(f"  {name:24} {value:.4f}")
    _say_errors(scored.errors)


def _say_errors(errors: dict[str, str]) -> None:
    if errors:
        print(f"{len(errors):,} scenes ended in errors:")
    for token, error in list(errors.items())[:20]:
        print(f"  {token}: {error}")


def main(arguments: list[str] | None = None) -> int:
    """The command's exit code. Bad input raises GauntletError, which the harness prints in one line."""
    try:
        app(args=arguments, prog_name="gauntlet navsim")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except GauntletError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
