"""The best segmentation of ink in which digits may touch.

A piece of ink costs little if the network is certain of its digit, and its shape fits the digit.
"""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.images.digit_image import Place

# The cost of the probability outside of the best two classes; for a digit this is near 0.
LEFT_OVER_COST = 7.0
# Width / height of MNIST's digits 0 to 9, the standard deviation of its logarithm, and the cost of
# a squared deviation beyond the first.
ASPECTS = (0.91, 0.42, 0.94, 0.81, 0.80, 0.94, 0.73, 0.78, 0.77, 0.69)
LOG_ASPECT_DEVIATIONS = (0.21, 0.45, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21, 0.21)
ASPECT_COST = 0.15
# The costs of each piece, and of the ink on its cut line, in row heights.
PIECE_COST, SEVERED_COST = 0.2, 4.0
# A lower piece, in row heights, is hardly a digit. The cost is for each missing height.
MIN_HEIGHT_RATIO, LOW_PIECE_COST = 0.8, 10.0
# Narrower ink, in row heights, is hardly more than one digit. Its split costs this for each missing
# height.
MIN_SPLIT_RATIO, NARROW_SPLIT_COST = 1.2, 12.0
# The same width if there is no other ink that shows how high the digits are.
MIN_LONE_SPLIT_RATIO = 1.5


def choose_pieces(places: Sequence[Place], probabilities: NDArray[np.floating]) -> list[int]:
    """Return the indices of the digits in reading order: for each stretch its whole or pieces."""
    costs = piece_costs(places, probabilities).tolist()
    chosen: list[int] = []
    for _, stretch in groupby(range(len(places)), key=lambda index: places[index].stretch):
        chosen += cheapest_pieces(list(stretch), places, costs)
    return chosen


def piece_costs(
    places: Sequence[Place], probabilities: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Return the cost of each piece as a digit, (n,). probabilities: (n, classes)."""
    ranked = np.sort(probabilities.astype(np.float64), axis=1)
    best, left_over = ranked[:, -1], 1 - ranked[:, -2:].sum(axis=1)
    costs = -np.log(best.clip(1e-9)) + LEFT_OVER_COST * left_over
    boxes = np.array([place.box for place in places], np.float64)
    sizes = boxes[:, 2:] - boxes[:, :2]
    sideways = np.array([place.sideways for place in places])
    width, height = np.where(sideways[:, None], sizes[:, ::-1], sizes).T
    if probabilities.shape[1] == len(ASPECTS):
        digit = probabilities.argmax(axis=1)
        log_ratio = np.log(width / height / np.take(ASPECTS, digit))
        deviation = log_ratio / np.take(LOG_ASPECT_DEVIATIONS, digit)
        costs += ASPECT_COST * (deviation**2 - 1).clip(0)
    severed = np.array([place.severed for place in places])
    row_height = np.array([place.height for place in places]).clip(1)
    missing_height = (MIN_HEIGHT_RATIO - height / row_height).clip(0)
    is_lone = len({place.stretch for place in places}) == 1
    min_width = MIN_LONE_SPLIT_RATIO if is_lone else MIN_SPLIT_RATIO
    missing_width = (min_width - width / row_height).clip(0)
    # A whole that is too narrow for a split becomes cheaper than its pieces.
    costs += np.where(
        [place.whole for place in places],
        -NARROW_SPLIT_COST * missing_width,
        PIECE_COST + SEVERED_COST * severed + LOW_PIECE_COST * missing_height,
    )
    return np.asarray(costs, np.float64)


def cheapest_pieces(
    stretch: Sequence[int], places: Sequence[Place], costs: Sequence[float]
) -> list[int]:
    """Return the pieces, from left to right, that cover a stretch at the lowest total cost."""
    # For each edge that pieces reach: the lowest cost of the ink to its left, and the pieces.
    best: dict[int, tuple[float, list[int]]] = {0: (0.0, [])}
    for index in sorted(stretch, key=lambda index: places[index].after):
        place = places[index]
        if place.first in best:
            cost, pieces = best[place.first]
            cost += costs[index]
            if place.after not in best or cost < best[place.after][0]:
                best[place.after] = cost, [*pieces, index]
    return best[places[stretch[0]].after][1]
