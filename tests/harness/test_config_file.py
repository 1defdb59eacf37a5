"""Files written by hand: what is wrong with one is said in a line that names it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.config_file import read_yaml, refuse_unknown
from harness.errors import AssetsError, ConfigError


class Wheels(BaseModel):
    count: int = 4


class Car(BaseModel):
    colour: str = "red"
    wheels: Wheels = Wheels()


def test_what_it_holds(tmp_path: Path):
    path = tmp_path / "car.yaml"
    path.write_text("colour: blue\nwheels: {count: 3}\n")
    assert read_yaml(path) == {"colour": "blue", "wheels": {"count": 3}}
    path.write_text("")
    assert read_yaml(path) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, r"cannot be read \(No such file"), (b"a: [", r"no YAML \(while parsing"), (b"\xff\xfe\x00", r"no YAML \(.*can't decode")],
)
def test_what_cannot_be_read_is_named_with_the_cure(tmp_path: Path, content: bytes | None, words: str):
    path = tmp_path / "car.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"car\.yaml: {words}.*\[give a readable YAML file\]$"):
        read_yaml(path)
    with pytest.raises(AssetsError, match=rf"^the car: {words}.*\[paint it\]$"):
        read_yaml(path, "the car", "paint it", AssetsError)


def test_an_unknown_key_is_refused_however_deep():
    refuse_unknown({"colour": "blue", "wheels": {"count": 3}}, Car, "car.yaml")
    with pytest.raises(ConfigError, match=r"^car\.yaml: unknown key 'color' \[did you mean colour\?\]$"):
        refuse_unknown({"color": "blue"}, Car, "car.yaml")
    with pytest.raises(ConfigError, match=r"^car\.yaml, wheels: unknown key 'cuont' \[did you mean count\?\]$"):
        refuse_unknown({"wheels": {"cuont": 3}}, Car, "car.yaml")
