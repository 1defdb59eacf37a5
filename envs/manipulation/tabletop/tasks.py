"""The tasks of the suite, as data: what each asks for, in which words, with which things. No simulator is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from envs.manipulation.tabletop import vocabulary
from envs.manipulation.tabletop.vocabulary import Part

Family = Literal["put_on", "stack", "put_in_basket", "pick", "move_near", "open_drawer", "close_drawer", "put_in_drawer"]
Pool = dict[Part, tuple[str, ...]]

DRAWERS: Final[tuple[str, ...]] = ("top", "middle", "bottom")


@dataclass(frozen=True)
class TaskKind:
    """``sources`` and ``targets`` are the shapes that may play the role (empty: the task has no such role). ``templates`` speak of {source}, {target}, {drawer}."""

    name: str
    family: Family
    templates: dict[Part, tuple[str, ...]]
    sources: Pool
    targets: Pool
    drawer: str | None = None
    max_steps: int = 80  # what the suites allow; the environment itself never ends an episode

    @property
    def has_cabinet(self) -> bool:
        return self.family in ("open_drawer", "close_drawer", "put_in_drawer")


_NONE: Pool = {"train": (), "heldout": ()}
_BASKET: Pool = {"train": ("basket",), "heldout": ("basket",)}

_PUT_ON = TaskKind(
    "PutOn",
    "put_on",
    {
        "train": (
            "put the {source} on the {target}",
            "place the {source} on the {target}",
            "move the {source} onto the {target}",
            "pick up the {source} and put it on the {target}",
            "set the {source} down on the {target}",
        ),
        "heldout": (
            "the {source} belongs on the {target}",
            "could you lay the {source} on top of the {target}",
            "on the {target} is where I want the {source}",
        ),
    },
    vocabulary.PICKABLES,
    vocabulary.RECEPTACLES,
)
_STACK = TaskKind(
    "Stack",
    "stack",
    {
        "train": (
            "stack the {source} on the {target}",
            "put the {source} on top of the {target}",
            "place the {source} on the {target}",
            "pick up the {source} and stack it on the {target}",
        ),
        "heldout": ("build a tower with the {source} over the {target}", "balance the {source} on the {target}"),
    },
    vocabulary.STACKABLES,
    vocabulary.STACK_BASES,
)
_PUT_IN_BASKET = TaskKind(
    "PutInBasket",
    "put_in_basket",
    {
        "train": (
            "put the {source} into the {target}",
            "place the {source} in the {target}",
            "drop the {source} into the {target}",
            "pick up the {source} and put it in the {target}",
        ),
        "heldout": ("collect the {source} in the {target}", "the {source} goes inside the {target}"),
    },
    vocabulary.PICKABLES,
    _BASKET,
)
_PICK = TaskKind(
    "Pick",
    "pick",
    {
        "train": ("pick the {source}", "pick up the {source}", "lift the {source}", "grab the {source} and lift it"),
        "heldout": ("take the {source} off the table", "raise the {source} into the air"),
    },
    vocabulary.PICKABLES,
    _NONE,
)
_MOVE_NEAR = TaskKind(
    "MoveNear",
    "move_near",
    {
        "train": (
            "move the {source} near the {target}",
            "put the {source} next to the {target}",
            "place the {source} beside the {target}",
            "bring the {source} close to the {target}",
        ),
        "heldout": ("the {source} should stand by the {target}", "let the {source} join the {target}"),
    },
    vocabulary.PICKABLES,
    vocabulary.PICKABLES,
)


def _open(drawer: str) -> TaskKind:
    templates: dict[Part, tuple[str, ...]] = {
        "train": ("open the {drawer} drawer", "open {drawer} drawer", "pull the {drawer} drawer open", "pull out the {drawer} drawer"),
        "heldout": ("slide the {drawer} drawer out", "I need to see inside the {drawer} drawer"),
    }
    return TaskKind(f"Open{drawer.title()}Drawer", "open_drawer", templates, _NONE, _NONE, drawer)


def _close(drawer: str) -> TaskKind:
    templates: dict[Part, tuple[str, ...]] = {
        "train": ("close the {drawer} drawer", "close {drawer} drawer", "push the {drawer} drawer closed", "shut the {drawer} drawer"),
        "heldout": ("slide the {drawer} drawer back in", "the {drawer} drawer should not be open"),
    }
    return TaskKind(f"Close{drawer.title()}Drawer", "close_drawer", templates, _NONE, _NONE, drawer)


_PUT_IN_DRAWER = TaskKind(
    "PutInDrawer",
    "put_in_drawer",
    {
        "train": (
            "put the {source} into the {drawer} drawer",
            "place the {source} in the {drawer} drawer",
            "drop the {source} into the {drawer} drawer",
            "pick up the {source} and put it in the {drawer} drawer",
        ),
        "heldout": ("store the {source} in the {drawer} drawer", "the {source} goes inside the {drawer} drawer"),
    },
    vocabulary.DROPPABLES,
    _NONE,
    max_steps=120,
)

TASKS: Final[dict[str, TaskKind]] = {
    kind.name: kind
    for kind in (
        _PUT_ON,
        _STACK,
        _PUT_IN_BASKET,
        _PICK,
        _MOVE_NEAR,
        *(_open(drawer) for drawer in DRAWERS),
        *(_close(drawer) for drawer in DRAWERS),
        _PUT_IN_DRAWER,
    )
}
