"""``index.json`` of a data folder: which scenes it is about, and how two-stage scenes belong together."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envs.driving.errors import DataError, DuplicateTokenError, UnknownTokenError
from harness.config_file import read_yaml

Mapping2 = tuple[str, str, tuple[tuple[str, str], ...]]
"""(first-stage scene now, its predecessor, ((synthetic scene now, its predecessor), ...)), NAVSIM's reactive_all_mapping."""


@dataclass(frozen=True)
class DataIndex:
    """``tokens``: original scenes, ``synthetic``: second-stage scenes, in the file's order; ``split``: folder of the logs."""

    split: str | None
    tokens: tuple[str, ...]
    synthetic: tuple[str, ...]
    mapping: tuple[Mapping2, ...]


def refuse_duplicates(tokens: Iterable[str], where: str) -> None:
    """Raises DuplicateTokenError."""
    twice = [token for token, count in Counter(tokens).items() if count > 1]
    if twice:
        raise DuplicateTokenError(
            f"{where} names {twice[0]} twice" + (f" (and {len(twice) - 1} more)" if twice[1:] else ""), "keep one of each"
        )


def read_index(file: Path) -> DataIndex:
    """Raises DataError for what is no index, DuplicateTokenError, UnknownTokenError for a mapping of scenes that it does not list."""
    try:
        content = json.loads(file.read_text())
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror})", "check the path") from None
    except ValueError as error:
        raise DataError(f"{file} is no JSON ({error})", "write it again") from None
    if not isinstance(content, dict):
        raise DataError(f"{file} is no index", "it is a dict of tokens, synthetic, mapping and split")
    tokens = _tokens(content.get("tokens") or [], f"{file}: tokens")
    synthetic = _tokens(content.get("synthetic") or [], f"{file}: synthetic")
    refuse_duplicates((*tokens, *synthetic), str(file))
    mapping = read_mapping(content.get("mapping") or [], f"{file}: mapping")
    known = {*tokens, *synthetic}
    for now, previous, pairs in mapping:
        for token in (now, previous, *(token for pair in pairs for token in pair)):
            if token not in known:
                raise UnknownTokenError(f"{file}: mapping names {token}, which is neither among tokens nor synthetic", "list it there")
    split = content.get("split")
    return DataIndex(None if split is None else str(split), tokens, synthetic, mapping)


def read_mapping(entries: Any, where: str) -> tuple[Mapping2, ...]:
    """NAVSIM's two-stage mapping. Raises DataError."""
    try:
        return tuple((str(now), str(previous), tuple((str(a), str(b)) for a, b in pairs)) for now, previous, pairs in entries)
    except (TypeError, ValueError):
        raise DataError(
            f"{where} is no list of [now, previous, [[synthetic now, synthetic previous], ...]]", "write it like that"
        ) from None


def read_mapping_file(path: Path) -> tuple[Mapping2, ...]:
    """The two-stage mapping of NAVSIM's train_test_split/<split>.yaml (``reactive_all_mapping``), or of an index. Raises DataError."""
    content = read_yaml(Path(path), cure="name NAVSIM's train_test_split YAML", error=DataError)
    for key in ("reactive_all_mapping", "mapping"):
        if isinstance(content, dict) and content.get(key):
            return read_mapping(content[key], f"{path}: {key}")
    raise DataError(f"{path} holds no reactive_all_mapping", "name NAVSIM's train_test_split YAML of a two-stage split")


def _tokens(entries: Any, where: str) -> tuple[str, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise DataError(f"{where} is no list of text", "write it like that")
    return tuple(entries)


def write_index(folder: Path, index: DataIndex) -> Path:
    """Write ``folder/index.json``; the path."""
    path = Path(folder) / "index.json"
    content = {"split": index.split, "tokens": index.tokens, "synthetic": index.synthetic, "mapping": index.mapping}
    path.write_text(json.dumps(content, indent=1) + "\n")
    return path
