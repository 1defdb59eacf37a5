"""A Hugging Face vision-language model of the Qwen2.5-VL family as reasoner: asked ST4VLA's spatial prompt, its answer read for boxes.

Needs the extra ``hf`` and a model folder on this disk; nothing is downloaded. It gives points, boxes and hidden states; heights, grasp angles and subtasks it does not say, so the shipped action experts, which lean on
them, act poorly behind it: train an expert on it, or use it to score grounding.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from agents.vla.inputs import Inputs
from agents.vla.reasoning import FACTS, Reasoning
from harness.errors import AgentError, ConfigError

PROMPT = "Your task is {instruction}. To identify the key objects for your task. Locate their bounding boxes in [x1,y1,x2,y2] format."
"""ST4VLA's spatial prompt (arXiv 2602.10109 and its released code)."""

_NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"
_BOX = re.compile(rf"[\[(]{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}[\])]")


def parse_boxes(text: str, width: int, height: int) -> list[tuple[float, float, float, float]]:
    """Every ``[x1, y1, x2, y2]`` in ``text``, in pixels of an image of ``width`` x ``height``, as fractions of it in [0, 1], in order; boxes without area after clipping are left out."""
    found = []
    for match in _BOX.finditer(text):
        x0, y0, x1, y1 = (float(number) for number in match.groups())
        box = tuple(min(max(value / size, 0.0), 1.0) for value, size in zip((x0, y0, x1, y1), (width, height, width, height)))
        if box[2] > box[0] and box[3] > box[1]:
            found.append(box)
    return found


class HfReasoner:
    """Args:
    path: folder of the model and its processor, as ``save_pretrained`` writes them.
    max_new_tokens: of an answer; decoding is greedy, so that the same observation gives the same answer.
    keep: how many of the last layers' hidden states are given, pooled over the prompt into ``queries`` spans each.
    device, dtype: where and in which precision the model runs.

    Raises ConfigError where transformers or the folder is missing, or the model is not of the family.
    """

    def __init__(
        self, path: str, max_new_tokens: int = 128, keep: int = 2, queries: int = 4, device: str = "cpu", dtype: str = "float32"
    ) -> None:
        if not (Path(path) / "config.json").is_file():
            raise ConfigError(f"reasoner.path: {path} holds no model (config.json)", "give the folder of a downloaded Qwen2.5-VL model")
        try:
            from transformers import AutoImageProcessor, AutoTokenizer, Qwen2_5_VLForConditionalGeneration
        except ImportError:
            raise ConfigError("the Hugging Face reasoner needs transformers", "pip install 'vla-gauntlet[hf]'") from None
        try:
            # Not AutoProcessor: that of the family also makes a video processor, which needs torchvision.
            self.tokenizer: Any = AutoTokenizer.from_pretrained(path, local_files_only=True, padding_side="left")
            self.image_processor: Any = AutoImageProcessor.from_pretrained(path, local_files_only=True)
            model: Any = Qwen2_5_VLForConditionalGeneration.from_pretrained(path, local_files_only=True, dtype=getattr(torch, dtype))
        except (OSError, ValueError, KeyError, AttributeError) as error:
            raise ConfigError(
                f"reasoner.path: {path} cannot be loaded as a Qwen2.5-VL model: {str(error).splitlines()[0]}",
                "save model and processor there",
            ) from None
        self.model = model.to(device).eval()
        self.device, self.max_new_tokens, self.hidden_layers, self.queries = torch.device(device), max_new_tokens, keep, queries
        self.hidden_size = int(self.model.config.get_text_config().hidden_size)

    @torch.inference_mode()
    def think(self, inputs: Inputs) -> Reasoning:
        if len(inputs.instructions) != len(inputs.image):
            raise AgentError("the Hugging Face reasoner needs each request's instruction", "give Inputs.instructions")
        images = [(frame.permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8) for frame in inputs.image]
        seen = self.image_processor(images=images, return_tensors="pt")
        grids = seen["image_grid_thw"]
        texts = [self._asked(instruction, grid) for instruction, grid in zip(inputs.instructions, grids)]
        words = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        image_token = int(self.model.config.image_token_id)
        kinds = (words["input_ids"] == image_token).long()  # 1: a token that stands for an image
        batch = {
            name: value.to(self.device) for name, value in {**words, **seen, "mm_token_type_ids": kinds}.items() if name != "token_type_ids"
        }
        made = self.model.generate(**batch, max_new_tokens=self.max_new_tokens, do_sample=False)
        answers = self.tokenizer.batch_decode(made[:, batch["input_ids"].shape[1] :], skip_special_tokens=True)
        # Boxes are in pixels of the image as the model saw it: patches of the processor's size.
        patch = int(self.image_processor.patch_size)
        sizes = [(int(grid[2]) * patch, int(grid[1]) * patch) for grid in grids]
        boxes = torch.full((len(answers), 2, 4), torch.nan)
        for row, (answer, (width, height)) in enumerate(zip(answers, sizes)):
            for role, box in enumerate(parse_boxes(answer, width, height)[:2]):
                boxes[row, role] = torch.tensor(box)
        return self._reasoning(boxes.to(self.device), answers, self._hidden(batch))

    def _asked(self, instruction: str, grid: Tensor) -> str:
        """The conversation as text, with as many image tokens as the image of ``grid`` (3,) patches becomes after merging."""
        content = [{"type": "image"}, {"type": "text", "text": PROMPT.format(instruction=instruction)}]
        text = self.tokenizer.apply_chat_template([{"role": "user", "content": content}], add_generation_prompt=True, tokenize=False)
        token = self.tokenizer.convert_ids_to_tokens(int(self.model.config.image_token_id))
        count = int(grid.prod()) // int(self.image_processor.merge_size) ** 2
        return text.replace(token, token * count, 1)

    def _hidden(self, batch: Any) -> list[Tensor]:
        """The last layers' states over the prompt, (B, queries, D) each: means over ``queries`` equal spans of it."""
        states = self.model(**batch, output_hidden_states=True).hidden_states[-self.hidden_layers :]
        return [torch.stack([span.mean(1) for span in state.tensor_split(self.queries, dim=1)], 1) for state in states]

    def _reasoning(self, boxes: Tensor, answers: list[str], hidden: list[Tensor]) -> Reasoning:
        rows = len(answers)
        said = (~boxes.isnan().any(-1)).float()  # (B, 2)
        middles = ((boxes[..., :2] + boxes[..., 2:]) / 2).nan_to_num(0.5)
        present = torch.cat([said, said[:, 1:]], 1)
        nothing = torch.zeros(rows, device=self.device)
        return Reasoning(
            points=torch.cat([middles, middles[:, 1:]], 1),  # the place is where the target is
            confidence=present.clone(),
            present=present,
            facts=torch.zeros(rows, len(FACTS), device=self.device),
            angle=nothing,
            angle_known=nothing.clone(),
            family=nothing.long(),
            subtask=torch.full((rows,), -1, device=self.device),
            boxes=boxes,
            texts=answers,
            hidden=hidden,
        )
