"""The Intelligent Driver Model (Treiber, Hennecke, Helbing, Phys. Rev. E 62, 2000) in the form that nuPlan's agents and NAVSIM's planner share: no gap counts as less than the least one, and the acceleration is clamped.

Their numbers differ, and stand with those who use it; so does the corrected traffic's own form.
"""

from __future__ import annotations

import numpy as np

from envs.driving.kernel import kernel


@kernel
def clamped_idm(speed, target, gap, lead_speed, least_gap, headway, acceleration, deceleration, exponent):
    """m/s2, within -``deceleration`` and ``acceleration``; ``gap`` and ``least_gap`` m bumper to bumper, ``headway`` s, ``target`` m/s."""
    wanted = least_gap + speed * headway + speed * (speed - lead_speed) / (2.0 * np.sqrt(acceleration * deceleration))
    ratio = wanted / max(gap, least_gap)
    free = (speed / target) ** exponent
    return min(max(acceleration * (1.0 - free - ratio * ratio), -deceleration), acceleration)
