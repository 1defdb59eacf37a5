"""Weights on disk: one safetensors file that carries its own configuration and hash, and a model card beside it.

The file's metadata: ``config`` (:class:`agents.vla.model.ModelConfig` as JSON) and ``digest`` (SHA-256 over names, types, shapes and bytes of all tensors).
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from torch import Tensor

from agents.vla.model import FORMAT, ModelConfig, VlaModel
from harness.errors import AgentError, did_you_mean

SHIPPED = Path(__file__).parent / "weights"
FILE = "model.safetensors"
TRAINED = Path("outputs/train")  # where `gauntlet train` leaves its results


def weights_path(name: str) -> Path:
    """A shipped name ("st4vla-tabletop"), the name of a policy that ``gauntlet train`` has made in this folder, a folder with ``model.safetensors``, or a file. Raises AgentError if there is none."""
    given = Path(name)
    for path in (SHIPPED / name / FILE, TRAINED / name / "weights" / FILE, given / FILE, given):
        if path.is_file():
            return path
    shipped = [folder.name for folder in SHIPPED.iterdir() if (folder / FILE).is_file()] if SHIPPED.is_dir() else []
    raise AgentError(
        f"weights {name!r} are missing", f"{did_you_mean(name, shipped)}; a path works too, and `gauntlet train {given.name}` makes them"
    )


def digest(tensors: dict[str, Tensor]) -> str:
    """SHA-256 of the content, whatever the file's layout."""
    sha = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].contiguous()
        sha.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        sha.update(tensor.flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b"")
    return sha.hexdigest()


def save_model(model: VlaModel, path: Path) -> str:
    """Writes ``path`` (parameters in half precision, statistics as they are) and returns the digest."""
    from safetensors.torch import save

    parameters = {name for name, _ in model.named_parameters()}
    tensors = {name: (value.half() if name in parameters else value).contiguous().clone() for name, value in model.state_dict().items()}
    found = digest(tensors)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_ordered(save(tensors, {"config": json.dumps(model.config.to_json()), "digest": found})))
    return found


def _ordered(raw: bytes) -> bytes:
    """safetensors writes its metadata in an order that differs from call to call: sorted, so that equal content gives equal bytes."""
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + raw[8 + length :]


def load_model(path: Path) -> tuple[VlaModel, str]:
    """(model in evaluation mode, digest).

    Raises:
        AgentError: the file is no safetensors file, is cut short, belongs to another architecture or format, or is not what its digest says.
    """
    from safetensors import SafetensorError, safe_open

    cure = "get the file again, or train it: see the model card"
    try:
        with safe_open(str(path), "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in sorted(file.keys())}
    except (SafetensorError, OSError, ValueError) as error:
        raise AgentError(f"weights {path} cannot be read: {' '.join(str(error).split())}", cure) from None
    if "config" not in metadata or "digest" not in metadata:
        raise AgentError(f"weights {path} say no configuration: they are not of st4vla", cure)
    try:
        config = ModelConfig.from_json(json.loads(metadata["config"]))
    except (TypeError, KeyError, ValueError) as error:
        raise AgentError(f"weights {path}: configuration of another architecture: {error}", cure) from None
    if config.format != FORMAT:
        raise AgentError(
            f"weights {path} are of format {config.format}, this version reads {FORMAT}", "train them again, or take the matching version"
        )
    found = digest(tensors)
    if found != metadata["digest"]:
        raise AgentError(f"weights {path}: hash {found[:12]} is not {metadata['digest'][:12]}, which the file was written with", cure)
    model = VlaModel(config)
    try:
        model.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in tensors.items()})
    except RuntimeError as error:
        raise AgentError(f"weights {path} do not fit the architecture they name: {' '.join(str(error).split())[:200]}", cure) from None
    return model.eval(), found
