"""A dictionary whose values are computed when somebody looks.

Rendering a frame costs several times what a physics step costs, and a policy that executes a chunk of actions looks at one frame in eight. So environments return their images (and their privileged truth) as a
:class:`LazyDict`: asking for a key computes it once, not asking costs nothing. A value describes the moment at which the dictionary was made, so an environment *expires* the old dictionary before it steps on; asking an
expired dictionary for something nobody had looked at in time is an error, never a frame of another moment.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.errors import StaleFrameError


class LazyDict(dict[str, Any]):
    """``dict`` of name -> value, each made by its own function on first access.

    It is a real ``dict`` (gymnasium's spaces and wrappers accept nothing else). Pickling, copying and comparing force all values.
    """

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        super().__init__(dict.fromkeys(makers))
        self._makers: dict[str, Callable[[], Any]] = dict(makers)
        self._expired: str | None = None

    def __getitem__(self, key: str) -> Any:
        maker = self._makers.get(key)
        if maker is not None:
            if self._expired is not None:
                raise StaleFrameError(
                    f"{key!r} was not looked at {self._expired}, and the simulator has moved on", "read it before the next step, or copy it"
                )
            super().__setitem__(key, maker())
            del self._makers[key]
        return super().__getitem__(key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._makers.pop(key, None)
        super().__setitem__(key, value)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401 (this is `get`)

    def values(self) -> Any:
        return [self[key] for key in self]

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # where a subclass does not say how to iterate, dict(self) and {**self} copy the entries without __getitem__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and dict(self.items()) == dict(other.items())

    def __ne__(self, other: object) -> bool:
        return not self == other

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> LazyDict:
        """One in which nothing is left to compute."""
        made = cls({})
        dict.update(made, values)
        return made

    def __reduce__(self) -> Any:
        return (LazyDict.of, (dict(self.items()),))

    def __copy__(self) -> LazyDict:
        return LazyDict.of(dict(self.items()))

    def copy(self) -> LazyDict:
        return self.__copy__()

    def __or__(self, other: Any) -> Any:
        return {**self, **other}

    def __ror__(self, other: Any) -> Any:
        return {**other, **self}

    def pop(self, key: str, *default: Any) -> Any:
        self.get(key)  # computes it
        return super().pop(key, *default)

    def __deepcopy__(self, memo: dict[int, Any]) -> LazyDict:
        return LazyDict.of(copy.deepcopy(dict(self.items()), memo))

    def __repr__(self) -> str:
        return f"LazyDict(known={sorted(self.known())}, unseen={sorted(self._makers)})"

    def known(self) -> dict[str, Any]:
        """The values that somebody has already looked at; computes nothing."""
        return {key: super(LazyDict, self).__getitem__(key) for key in self if key not in self._makers}

    def expire(self, when: str) -> None:
        """The simulator moves on: what was not looked at ``when`` ("at step 12") can no longer be computed."""
        self._expired = when

    def map(self, change: Callable[[str, Any], Any]) -> LazyDict:
        """A lazy dictionary of the same keys whose values are ``change(key, value)``: what an observation wrapper returns."""
        return LazyDict({key: (lambda key=key: change(key, self[key])) for key in self})
