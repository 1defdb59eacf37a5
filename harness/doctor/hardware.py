"""Facts about the machine, for the reader of a report: cores, memory, GPUs."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

from harness.doctor.check import Check

LITTLE_GIB = 4.0  # one worker with a simulator and a small policy takes about 2


def check_cpu() -> Check:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Check("cpu", "ok", f"{cores} cores, {cpu_model()}")


def check_memory(proc: Path = Path("/proc")) -> Check:
    fields = dict(line.split(":", 1) for line in (proc / "meminfo").read_text().splitlines() if ":" in line)
    total, free = (int(fields[key].split()[0]) / 2**20 for key in ("MemTotal", "MemAvailable"))
    found = f"{free:.1f} of {total:.1f} GiB available"
    return (
        Check("memory", "ok", found)
        if free >= LITTLE_GIB
        else Check("memory", "warn", found, "close other programs, or run with executor.workers=1")
    )


def check_gpu() -> Check:
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        result = subprocess.run(query, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        result = None
    if result and result.returncode == 0 and result.stdout.strip():
        return Check("gpu", "ok", "; ".join(result.stdout.strip().splitlines()))
    return Check("gpu", "absent", "no NVIDIA GPU: simulation, rendering and policies run on the CPU")


def cpu_model(proc: Path = Path("/proc")) -> str:
    for line in (proc / "cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
