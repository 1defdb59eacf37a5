"""PyTorch: which build, and does it compute."""

from __future__ import annotations

from harness.doctor.check import Check


def check_torch() -> Check:
    try:
        import torch

        total = float((torch.ones(3) @ torch.ones(3)).item())
    except Exception as error:
        return Check("torch", "fail", f"{type(error).__name__}: {error}", "make setup; where that changes nothing: make distclean setup")
    if total != 3.0:
        return Check("torch", "fail", f"{torch.__version__} computes 1+1+1 = {total}", "make distclean setup")
    if torch.version.cuda is None:
        return Check("torch", "ok", f"{torch.__version__}, CPU build, {torch.get_num_threads()} threads")
    if not torch.cuda.is_available():
        found = f"{torch.__version__}, CUDA {torch.version.cuda} build, no CUDA device: runs on the CPU"
        if has_nvidia_gpu():
            return Check("torch", "warn", found, "an NVIDIA GPU is here: update its driver (nvidia-smi shows which CUDA it admits)")
        return Check("torch", "ok", found)
    return Check("torch", "ok", f"{torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name(0)}")


def has_nvidia_gpu() -> bool:
    from pathlib import Path

    return Path("/proc/driver/nvidia/version").exists()
