"""Against a real Qwen2.5-VL model: tiny, with random weights, built here."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from agents.vla.hf_reasoner import HfReasoner, parse_boxes
from agents.vla.inputs import Inputs
from harness.errors import AgentError, ConfigError

transformers = pytest.importorskip("transformers", reason="the extra hf is not installed")

CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }} {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>{% else %}{{ part['text'] }}{% endif %}{% endfor %}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant {% endif %}"
)
SPECIAL = ["<unk>", "<pad>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Model and processor as ``save_pretrained`` writes them; letters are its words."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = [chr(code) for code in range(32, 127)]
    vocabulary = {token: number for number, token in enumerate([*SPECIAL, *letters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", pad_token="<pad>", eos_token="<|im_end|>", additional_special_tokens=SPECIAL[2:]
    )
    fast.chat_template = CHAT
    images = transformers.Qwen2VLImageProcessor(size={"shortest_edge": 56 * 56, "longest_edge": 112 * 112})
    text = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": len(vocabulary),
        "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]},
        "eos_token_id": vocabulary["<|im_end|>"],
        "pad_token_id": vocabulary["<pad>"],
        "bos_token_id": None,
    }
    vision = {
        "depth": 2,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_heads": 4,
        "out_hidden_size": 32,
        "fullatt_block_indexes": [1],
        "window_size": 56,
    }
    ids = {
        f"{name}_token_id": vocabulary[f"<|{token}|>"]
        for name, token in (("image", "image_pad"), ("video", "video_pad"), ("vision_start", "vision_start"), ("vision_end", "vision_end"))
    }
    torch.manual_seed(0)
    model = transformers.Qwen2_5_VLForConditionalGeneration(transformers.Qwen2_5_VLConfig(text_config=text, vision_config=vision, **ids))
    path = tmp_path_factory.mktemp("tiny-qwen")
    model.save_pretrained(path)
    fast.save_pretrained(path)
    images.save_pretrained(path)
    return path


def batch(count: int) -> Inputs:
    image = torch.rand(count, 3, 128, 128, generator=torch.Generator().manual_seed(1))
    return Inputs(image, torch.zeros(count, 28, dtype=torch.long), torch.zeros(count, 15), ("put the red can on the plate", "push")[:count])


def test_it_answers_a_batch_and_the_same_each_time(folder: Path) -> None:
    reasoner = HfReasoner(str(folder), max_new_tokens=12)
    first, again = reasoner.think(batch(2)), reasoner.think(batch(2))
    assert first.texts == again.texts
    assert len(first.texts) == 2
    assert first.points.shape == (2, 3, 2)
    assert first.boxes.shape == (2, 2, 4)
    assert [state.shape for state in first.hidden] == [(2, reasoner.queries, reasoner.hidden_size)] * reasoner.hidden_layers
    assert all(torch.isfinite(state).all() for state in first.hidden)
    assert torch.equal(first.hidden[0], again.hidden[0])


def test_what_the_model_says_in_boxes_becomes_points_and_boxes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reasoner = HfReasoner(str(folder), max_new_tokens=4)
    tokenizer = reasoner.tokenizer
    seen: list[str] = []

    def says(**arguments: torch.Tensor) -> torch.Tensor:  # random weights say no boxes: what is said is put in, what is asked is read
        seen.append(tokenizer.decode(arguments["input_ids"][0]))
        answer = tokenizer('[{"bbox_2d": [0, 28, 56, 56], "label": "can"}, [56,56,112,112]]', return_tensors="pt")["input_ids"]
        return torch.cat([arguments["input_ids"], answer.expand(len(arguments["input_ids"]), -1)], 1)

    monkeypatch.setattr(reasoner.model, "generate", says)
    said = reasoner.think(batch(1))
    assert "Your task is put the red can on the plate." in seen[0]
    assert torch.allclose(said.boxes[0], torch.tensor([[0.0, 0.25, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]))
    assert torch.allclose(said.points[0], torch.tensor([[0.25, 0.375], [0.75, 0.75], [0.75, 0.75]]))
    assert said.present.tolist() == [[1.0, 1.0, 1.0]]


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("[10, 20, 30, 40]", [(0.1, 0.2, 0.3, 0.4)]),
        ("can (10,20,30.0,40) and [50,50,150,60].", [(0.1, 0.2, 0.3, 0.4), (0.5, 0.5, 1.0, 0.6)]),
        ("[30, 20, 10, 40] [1,2,3] nothing", []),
        ("", []),
    ],
)
def test_boxes_are_read_from_text(text: str, boxes: list[tuple[float, ...]]) -> None:
    assert parse_boxes(text, 100, 100) == boxes


def test_what_is_not_a_model_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config\.json"):
        HfReasoner(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ConfigError, match=r"Qwen2\.5-VL"):
        HfReasoner(str(tmp_path))
    with pytest.raises(AgentError, match="instruction"):
        HfReasoner(str(folder)).think(Inputs(torch.zeros(1, 3, 128, 128), torch.zeros(1, 28, dtype=torch.long), torch.zeros(1, 15)))
