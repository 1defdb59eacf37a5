"""Situations: functions that fill a draft with what happens, and what each needs of a road form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.driving.forms import FORMS
from scenarios.driving.forms.layout import Wish
from scenarios.driving.situations.blocked_lane import oncoming_narrow, stopped_vehicle
from scenarios.driving.situations.draft import Draft
from scenarios.driving.situations.leads import cruise, cut_in, following, hard_braking_lead, tailgater
from scenarios.driving.situations.right_of_way import give_way, red_light, unprotected_left
from scenarios.driving.situations.vulnerable import cyclist, occluded_pedestrian, yield_to_pedestrian


@dataclass(frozen=True)
class Situation:
    """`fill` puts it into a draft; `forms` on which it can happen; `wish` for the form."""

    fill: Callable[[Draft], None]
    forms: tuple[str, ...]
    wish: Wish = field(default_factory=Wish)


_JUNCTIONS = ("unsignalised_crossing", "t_junction")

SITUATIONS: dict[str, Situation] = {
    "cruise": Situation(cruise, tuple(FORMS)),
    "following": Situation(following, tuple(FORMS)),
    "cut_in": Situation(cut_in, ("straight", "curve", "signalised_crossing", "merge", "on_ramp", "narrowing"), Wish(lanes=(2, 4))),
    "hard_braking_lead": Situation(hard_braking_lead, tuple(form for form in FORMS if form not in ("roundabout", "car_park"))),
    "unprotected_left": Situation(unprotected_left, ("signalised_crossing", *_JUNCTIONS), Wish(two_way=True)),
    "yield_to_pedestrian": Situation(
        yield_to_pedestrian,
        ("straight", "curve", "signalised_crossing", *_JUNCTIONS, "roundabout", "car_park"),
        Wish(lanes=(1, 2), crosswalk=True),
    ),
    "occluded_pedestrian": Situation(occluded_pedestrian, ("straight", "curve", "t_junction", "car_park"), Wish(lanes=(1, 2), slow=True)),
    "stopped_vehicle": Situation(stopped_vehicle, ("straight", "curve", *_JUNCTIONS, "car_park"), Wish(lanes=(1, 2), two_way=True)),
    "red_light": Situation(red_light, ("signalised_crossing",)),
    "oncoming_narrow": Situation(oncoming_narrow, ("straight", "curve", "car_park"), Wish(lanes=(1, 1), narrow=True, two_way=True)),
    "tailgater": Situation(tailgater, tuple(form for form in FORMS if form not in ("roundabout", "car_park"))),
    "cyclist": Situation(cyclist, ("straight", "curve", *_JUNCTIONS), Wish(lanes=(1, 2), slow=True, two_way=True)),
    "give_way": Situation(give_way, (*_JUNCTIONS, "roundabout", "on_ramp"), Wish(gives_way=True)),
}

__all__ = ["SITUATIONS", "Draft", "Situation"]
