"""The episode's record and its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from harness.episode import SCHEMA_VERSION, Episode, EpisodeError, StoredEvent, Timing, episode_json_schema
from harness.scenario import Scenario
from tests.harness.conftest import REPOSITORY

SCHEMA_FILE = REPOSITORY / "harness" / "schema" / "episode.schema.json"
REGENERATE = """regenerate it:
    python -c 'import json; from harness.episode import episode_json_schema as s; print(json.dumps(s(), indent=2, sort_keys=True))' > harness/schema/episode.schema.json
and raise SCHEMA_VERSION if an old record no longer fits"""

SCENARIO = Scenario(env="toy/Bare-v0", max_steps=10, tags={"task": "lift"})
FULL = Episode(
    scenario_id=SCENARIO.id,
    scenario=SCENARIO,
    agent="tester",
    agent_seed=3,
    outcome="failure",
    success_last=False,
    success_any=True,
    first_success_step=2,
    steps=3,
    progress=0.5,
    progress_max=1.0,
    subgoals={"near": False},
    subgoal_steps={"near": 2, "placed": None},
    events=[StoredEvent(name="near", step=2, detail={"object": "cube"})],
    instruction="lift it",
    instruction_changes=[(2, "drop it")],
    control_hz=5.0,
    facts={"assets": ["a"]},
    timing=Timing(act=0.1, stages={"encode": 0.05}, decisions=1),
    failed_attempts=[EpisodeError(kind="WorkerLost", phase="step", step=1, message="killed")],
    videos={"top": "top.mp4"},
)


def test_the_exported_schema_is_that_of_the_code():
    assert json.loads(SCHEMA_FILE.read_text()) == episode_json_schema(), REGENERATE


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(episode_json_schema())


@pytest.mark.parametrize("executor", ["inline", "process"])
def test_real_records_fit_the_schema(play: Callable[..., Any], toys: Callable[..., Any], executor: str):
    result = play(toys(2), "noisy-expert", executor=executor)
    records = [json.loads(path.read_text()) for path in result.root.glob("episodes/*/episode.json")]
    assert len(records) == 2
    for record in records:
        jsonschema.validate(record, json.loads(SCHEMA_FILE.read_text()))
        assert record["schema_version"] == SCHEMA_VERSION


def test_wrong_records_do_not_fit_the_schema():
    record = FULL.model_dump(mode="json")
    jsonschema.validate(record, episode_json_schema())
    for wrong in ({"outcome": "maybe"}, {"schema_version": "0.1"}, {"steps": "three"}, {"surprise": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**record, **wrong}, episode_json_schema())
        with pytest.raises(ValidationError):
            Episode.model_validate({**record, **wrong})


def test_round_trip():
    assert Episode.model_validate_json(FULL.model_dump_json()) == FULL
