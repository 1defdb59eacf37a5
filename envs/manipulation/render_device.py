"""Which device draws the pictures."""

from __future__ import annotations

from harness.errors import ConfigError, RenderError, did_you_mean

RENDER_BACKENDS = ("auto", "cpu", "gpu")


def choose_render_backend(wanted: str) -> str:
    """ "cpu" (Mesa's lavapipe) or "gpu", as ManiSkill calls them; "auto" is the GPU where SAPIEN finds one that renders.

    Pictures may differ between devices in single bits; the simulation, which stays on the CPU, does not.

    Raises:
        ConfigError: no such backend; RenderError: "gpu" where there is none.
    """
    if wanted not in RENDER_BACKENDS:
        raise ConfigError(f"unknown render_backend {wanted!r}", did_you_mean(wanted, RENDER_BACKENDS))
    if wanted == "cpu":
        return wanted
    import sapien

    try:
        found = sapien.Device("cuda").can_render()
    except RuntimeError:  # SAPIEN has no CUDA device
        found = False
    if wanted == "gpu" and not found:
        raise RenderError(
            "render_backend=gpu, but SAPIEN finds no GPU that renders", "use render_backend=auto, or install the GPU's Vulkan driver"
        )
    return "gpu" if found else "cpu"
