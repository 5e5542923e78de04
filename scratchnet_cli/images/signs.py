"""Signs between digits, recognised by their shape: plus, times, equals, and long slashes."""

import numpy as np

from scratchnet_cli.images.grey import Grey, resize
from scratchnet_cli.images.mnist import trim

# Signs are lower than this share of their row, slashes are higher.
MAX_SIGN_HEIGHT_RATIO, MIN_SLASH_HEIGHT_RATIO = 0.85, 1.1
# The shape of a sign in 5x5 cells. Each + cell has more ink than the number. The mean of the
# - cells is below this share of the mean of the + cells; . may be either.
CELLS, MAX_EMPTY_RATIO = 5, 0.3
SHAPES = [
    (np.array([list(row) for row in shape.split()]), least)
    for shape, least in (
        ("--+-- --+-- +++++ --+-- --+--", 0.3),
        ("+.-.+ .+.+. -.+.- .+.+. +.-.+", 0.02),
        ("+++++ ..... ----- ..... +++++", 0.2),
    )
]
# The narrowest and the widest sign, and a stroke that slants, as shares of the height.
MIN_SIGN_ASPECT, MAX_SIGN_ASPECT, MIN_SLASH_ASPECT = 0.6, 2.5, 0.25
# The standard deviation of the ink of a straight stroke from its line, as a share of its height.
MAX_SLASH_DEVIATION_RATIO = 0.06


def is_sign(ink: Grey, height: float) -> bool:
    """Return whether ink, (h, w), is a plus, times or equals sign among digits of a height."""
    ink = trim(ink)
    rows, columns = ink.shape
    is_low = rows < MAX_SIGN_HEIGHT_RATIO * height
    if not is_low or not MIN_SIGN_ASPECT < columns / rows < MAX_SIGN_ASPECT:
        return False
    cells = resize(ink, CELLS, CELLS)
    return any(
        cells[shape == "+"].min() > least
        and cells[shape == "-"].mean() < MAX_EMPTY_RATIO * cells[shape == "+"].mean()
        for shape, least in SHAPES
    )


def is_slash(ink: Grey, height: float) -> bool:
    """Return whether ink, (h, w), is a straight stroke that slants, higher than its row."""
    ink = trim(ink)
    rows, columns = ink.shape
    if rows < MIN_SLASH_HEIGHT_RATIO * height or columns < MIN_SLASH_ASPECT * rows:
        return False
    y, x = np.indices(ink.shape, np.float64)
    y, x = ((axis - (axis * ink).sum() / ink.sum()) for axis in (y, x))
    slant = (x * y * ink).sum() / (y * y * ink).sum()
    off = ((x - slant * y) ** 2 * ink).sum() / ink.sum()
    return bool(off < (MAX_SLASH_DEVIATION_RATIO * rows) ** 2)
