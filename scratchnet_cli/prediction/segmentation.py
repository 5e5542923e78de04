"""Which pieces of ink are the digits: the best way through the cuts that might be made.

The network says of each piece how much it looks like a digit, the form and the cuts what it costs.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place

# A piece costs this for all the probability that the best two digits leave over, as they do of
# what is no digit.
LEFT_OVER_COST = 7.0
# Width over height of MNIST's digits 0 to 9, and how far their logarithms spread. Beyond that, a
# squared deviation costs so much.
ASPECTS = (0.91, 0.42, 0.94, 0.81, 0.80, 0.94, 0.73, 0.78, 0.77, 0.69)
SPREADS = (0.21, 0.45, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21)
ASPECT_COST = 0.15
# Each piece costs this, and for the ink that its cut goes through: a digit's height of it costs
# that.
CUT_COST, SEVERED_COST = 0.3, 4.0
# A piece lower than this, in heights, is hardly a digit; it costs so much for each height that is
# missing.
HIGH, LOW_COST = 0.8, 10.0
# What is narrower than this, in heights, is hardly more than one digit; to cut it costs so much
# for each height that is missing.
BROAD, NARROW_COST = 1.2, 12.0
# Or than this, if it is all that a picture shows, so that no other digit tells how high they are.
LONE_BROAD = 1.5


def choose(places: Sequence[Place], probabilities: NDArray[np.floating]) -> list[int]:
    """The indices of what is read, in reading order: of every stretch of ink the whole or pieces.

    places: in reading order, of each stretch the whole first. probabilities: (n, classes).
    """
    prices = price(places, probabilities).tolist()
    chosen: list[int] = []
    for _, stretch in groupby(range(len(places)), key=lambda index: places[index].stretch):
        chosen += cheapest(list(stretch), places, prices)
    return chosen


def price(places: Sequence[Place], probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) what it costs to take each piece for a digit, and to cut it off on its right."""
    ranked = np.sort(probabilities.astype(np.float64), axis=1)
    best, left_over = ranked[:, -1], 1 - ranked[:, -2:].sum(axis=1)
    boxes = np.array([place.box for place in places], np.float64)
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    cost = -np.log(best.clip(1e-9)) + LEFT_OVER_COST * left_over
    if probabilities.shape[1] == len(ASPECTS):
        digit = probabilities.argmax(axis=1)
        deviation = np.log(width / height / np.take(ASPECTS, digit)) / np.take(SPREADS, digit)
        cost += ASPECT_COST * (deviation**2 - 1).clip(0)
    whole = np.array([place.whole for place in places])
    severed = np.array([place.severed for place in places])
    row_height = np.array([place.height for place in places]).clip(1)
    lone = len({place.stretch for place in places}) == 1
    too_narrow = ((LONE_BROAD if lone else BROAD) - width / row_height).clip(0)
    too_low = (HIGH - height / row_height).clip(0)
    of_piece = CUT_COST + SEVERED_COST * severed + LOW_COST * too_low
    cost += np.where(whole, -NARROW_COST * too_narrow, of_piece)
    return np.asarray(cost, np.float64)


def cheapest(stretch: list[int], places: Sequence[Place], prices: Sequence[float]) -> list[int]:
    """The pieces, from left to right, that cover a stretch for the lowest price."""
    last = places[stretch[0]].after
    ways: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for index in sorted(stretch, key=lambda index: places[index].after):
        place = places[index]
        if place.first in ways:
            so_far, before = ways[place.first]
            total = so_far + prices[index]
            if total < ways.get(place.after, (np.inf,))[0]:
                ways[place.after] = total, [*before, index]
    return ways[last][1]
