"""An optional teacher writes a report's texts from the same facts: any server that speaks OpenAI's chat completions. Off unless asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.diagnose.report import FailureReport
from harness.errors import GauntletError

TRIES = 2
_PARTS = ("meta_action", "reasoning", "safety", "efficiency", "correction")


class TeacherTexts(BaseModel):
    """What a teacher must answer: a text for each of the five parts, nothing else."""

    model_config = ConfigDict(extra="forbid")

    meta_action: str = Field(min_length=1, max_length=800)
    reasoning: str = Field(min_length=1, max_length=800)
    safety: str = Field(min_length=1, max_length=800)
    efficiency: str = Field(min_length=1, max_length=800)
    correction: str = Field(min_length=1, max_length=800)


class OpenAITeacher:
    """Asks ``endpoint``/chat/completions (``endpoint`` as of OpenAI clients, ending in /v1) with ``model``. The key, if one is needed, is read from the environment variable ``key_env``.

    Verdicts, facts, modes, layers and the executable correction stay as the rules have them: the teacher only writes texts. An answer that does not fit :class:`TeacherTexts` is asked for once more; then the rules' texts stay, and
    ``refused`` counts it.

    Raises:
        GauntletError: the server cannot be reached, or refuses; names the endpoint.
    """

    def __init__(self, endpoint: str, model: str, key_env: str = "OPENAI_API_KEY", timeout: float = 60.0) -> None:
        self.endpoint, self.model = endpoint.rstrip("/"), model
        key = os.environ.get(key_env, "")
        self._client = httpx.Client(timeout=timeout, headers={"Authorization": f"Bearer {key}"} if key else {})
        self.refused = 0

    def __call__(self, report: FailureReport) -> FailureReport:
        messages = _messages(report)
        for _ in range(TRIES):
            answer = self._ask(messages)
            try:
                return _rewritten(report, TeacherTexts.model_validate_json(answer), self.model)
            except ValidationError as error:
                first = error.errors()[0]
                wrong = f"{'.'.join(map(str, first['loc'])) or 'answer'}: {first['msg']}"
                messages = [
                    *messages,
                    {"role": "assistant", "content": answer},
                    {"role": "user", "content": f"That does not fit the schema ({wrong}). JSON only."},
                ]
        self.refused += 1
        return report

    def _ask(self, messages: Sequence[dict[str, str]]) -> str:
        body = {
            "model": self.model,
            "messages": list(messages),
            "temperature": 0,
            "response_format": {"type": "json_schema", "json_schema": {"name": "report", "schema": TeacherTexts.model_json_schema()}},
        }
        try:
            response = self._client.post(f"{self.endpoint}/chat/completions", json=body)
            response.raise_for_status()
            return str(response.json()["choices"][0]["message"]["content"])
        except httpx.HTTPStatusError as error:
            raise GauntletError(
                f"teacher {self.endpoint}: it answered {error.response.status_code}", "check --teacher, --teacher-model and the key"
            ) from None
        except httpx.HTTPError as error:
            raise GauntletError(
                f"teacher {self.endpoint}: {error or type(error).__name__}", "check --teacher; without it the rules write the reports"
            ) from None
        except (ValueError, KeyError, IndexError, TypeError):
            raise GauntletError(
                f"teacher {self.endpoint}: its answer is no chat completion", "give an OpenAI-compatible endpoint, ending in /v1"
            ) from None

    def close(self) -> None:
        self._client.close()


def _messages(report: FailureReport) -> list[dict[str, str]]:
    facts: dict[str, Any] = report.model_dump(mode="json", exclude={"version", "author", "run", "scenario_id"})
    system = (
        "You review failed episodes of a robot policy. From the facts alone, write for each of five parts one to three plain sentences for the policy to learn from: "
        "meta_action (was the plan right), reasoning (was what it attended to right), safety, efficiency, correction (what to do instead, concretely, from which step on). "
        "State no fact that is not given. Answer with a JSON object with exactly these five texts."
    )
    return [{"role": "system", "content": system}, {"role": "user", "content": json.dumps(facts, sort_keys=True)}]


def _rewritten(report: FailureReport, texts: TeacherTexts, model: str) -> FailureReport:
    parts = {name: getattr(report, name).model_copy(update={"text": getattr(texts, name)}) for name in _PARTS}
    return report.model_copy(update={**parts, "author": f"teacher:{model}"})
