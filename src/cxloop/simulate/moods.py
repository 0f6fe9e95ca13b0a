"""How every person feels at any moment, and who is still a customer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cxloop.simulate.clock import Floats, Ints
from cxloop.simulate.orders import Orders
from cxloop.simulate.people import People

__all__ = ["Moods"]

_FAR = np.int64(1) << 40


class Moods:
    """Answers by bisection: orders sorted by customer, then by the moment they were done."""

    def __init__(self, everyone: People, bought: Orders) -> None:
        self._everyone = everyone
        order = np.lexsort((bought.parcel.done, bought.customer))
        self._places = bought.customer[order] * _FAR + bought.parcel.done[order]
        self._customer = bought.customer[order]
        self._mood = bought.mood[order]
        self.left_at = np.full(everyone.count, _FAR)
        self.left_at[bought.customer[bought.left]] = bought.parcel.done[bought.left]

    def at(self, who: Ints, moment: Ints | int) -> Floats:
        """Returns the latent feeling of each of `who` at a moment: of the last order done, or the person's base."""
        place = np.searchsorted(self._places, who * _FAR + moment, side="right") - 1
        known = (place >= 0) & (self._customer[place] == who)
        return np.where(known, self._mood[place], self._everyone.base[who])

    def customers(self, moment: int) -> Ints:
        """Returns who is a customer at a moment: has joined, and has not left for good."""
        here: NDArray[np.bool_] = (self._everyone.joined <= moment) & (self.left_at > moment)
        return np.flatnonzero(here)
