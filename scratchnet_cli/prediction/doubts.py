"""From the probabilities of a picture to doubts whether its answer is right."""

import numpy as np
from numpy.typing import NDArray

NO_DIGIT = "does not look like a digit"
UNSURE = "low probability"

# Of what a network is taught to be no digit, the probability is spread over all ten. Between two
# digits that look alike it is not: so what the best two leave over tells the one from the other.
# Both are measured by `python -m weights.score`.
LEFT_OVER = 0.15
# Below it, some other digit may well be meant.
LOW_PROBABILITY = 0.8


def doubts(probabilities: NDArray[np.floating]) -> tuple[str, ...]:
    """Why the most probable class may be wrong, one reason at most.

    probabilities: (classes,), they sum to 1.
    """
    second, best = np.sort(probabilities)[-2:].tolist() if len(probabilities) > 1 else (0.0, 1.0)
    if 1 - best - second > LEFT_OVER:
        return (NO_DIGIT,)
    return (UNSURE,) if best < LOW_PROBABILITY else ()
