"""A question, from its YAML file.

::

    name: spatial-prompt
    question: Does the spatial prompt help?
    published: what the paper says, with its source
    suites: [{suite: tabletop/all, overrides: []}]
    reference: "on"                      # the arm that the others are compared with
    arms:
      - {label: "on", agent: st4vla-tabletop}
      - {label: "off", agent: st4vla-tabletop, overrides: [agent.policy.prompt.mode=off]}
      - {label: vanilla, agent: vanilla-tabletop, needs: st4vla weights made by gauntlet train vanilla-tabletop}
    measures: [grounding_point_first]    # besides success: metrics or stage.NAME (s a decision)
    contrast: {tag: split, clean: clean} # within each arm: the other values of the tag against the clean twins
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.errors import ConfigError, did_you_mean

FOLDER = Path(__file__).parent / "questions"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arm(_Part):
    """``overrides``: as of ``gauntlet run``. ``needs``: how to make what is not shipped; the arm is left out, and named, where the agent cannot be made."""

    label: str
    agent: str
    overrides: tuple[str, ...] = ()
    needs: str = ""

    @field_validator("label", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError('YAML reads on and off as true and false: put quotes around the label, "on"')
        return value


class SuiteOf(_Part):
    suite: str
    overrides: tuple[str, ...] = ()


class Contrast(_Part):
    """``tag``: whose values are compared within an arm; ``clean``: the value that the others are held against, paired by task and seed."""

    tag: str
    clean: str


class Question(_Part):
    name: str
    question: str
    published: str = ""
    suites: tuple[SuiteOf, ...] = Field(min_length=1)
    arms: tuple[Arm, ...] = Field(min_length=1)
    reference: str
    measures: tuple[str, ...] = ()
    contrast: Contrast | None = None

    @model_validator(mode="after")
    def _labels(self) -> Question:
        labels = [arm.label for arm in self.arms]
        if len(set(labels)) < len(labels):
            raise ValueError("two arms have the same label")
        if self.reference not in labels:
            raise ValueError(f"reference {self.reference!r} is no arm's label ({', '.join(labels)})")
        return self


def question_names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load_question(name: str) -> Question:
    """A shipped question by name, or a YAML file by path. Raises ConfigError naming the file and the key."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise ConfigError(f"no study {name!r}", did_you_mean(name, question_names()))
    try:
        return Question.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}", "mend the YAML") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"{path}: {where}: {first['msg']}", "see agents/studies/question.py for the form") from None
