"""Road forms: functions of a random generator and a wish that build a lane graph with its routes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from scenarios.driving.forms.junction import car_park, signalised_crossing, t_junction, unsignalised_crossing
from scenarios.driving.forms.lane_drop import merge, narrowing, on_ramp
from scenarios.driving.forms.layout import Layout, Prop, Wish
from scenarios.driving.forms.open_road import curve, straight
from scenarios.driving.forms.roundabout import roundabout

FORMS: dict[str, Callable[[np.random.Generator, Wish], Layout]] = {
    "straight": straight,
    "curve": curve,
    "signalised_crossing": signalised_crossing,
    "unsignalised_crossing": unsignalised_crossing,
    "t_junction": t_junction,
    "roundabout": roundabout,
    "merge": merge,
    "on_ramp": on_ramp,
    "narrowing": narrowing,
    "car_park": car_park,
}

__all__ = ["FORMS", "Layout", "Prop", "Wish"]
