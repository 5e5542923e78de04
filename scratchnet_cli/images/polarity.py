"""Whether the ink of a picture is darker or brighter than its ground."""

import numpy as np

from scratchnet_cli.images.grey import SMALL, WINDOW, Grey, blur, fit_longest, two_tones, window
from scratchnet_cli.images.regions import Mask, sides

# From this share of variance between two classes on a picture has two tones, and no shades.
# In small pictures the soft edges of the ink take more of it.
TWO_TONES, SMALL_TWO_TONES = 0.9, 0.8
# Where the corners' light share is this near to a half, they are no tone of their own.
MIXED = 0.1


def ink_is_light(grey: Grey) -> bool:
    """Whether ink is brighter than its ground: ink is the rarer of the two."""
    small = fit_longest(grey, SMALL)
    threshold, split = two_tones(small)
    light = small > threshold
    corners = float(np.mean([corner.mean() for corner in corners_of(light)]))
    # Half light, half dark is light and shadow.
    tones = SMALL_TWO_TONES if max(grey.shape) <= SMALL else TWO_TONES
    if split > tones and abs(corners - 0.5) > MIXED:
        # Ground is what there is more of, in the corners above all, and along the rim.
        rim = np.concatenate(sides(light))
        return bool(light.mean() + corners + rim.mean() / 2 < 1.25)
    # Cubes keep the sign and weigh what stands out; the narrower window forgets glare.
    sizes = (window(small), window(small, WINDOW / 2))
    return bool(sum(((small - blur(small, size)) ** 3).sum() for size in sizes) > 0)


def corners_of(mask: Mask) -> list[Mask]:
    """The four corners of a picture, an eighth of its height and width."""
    height, width = (max(1, side // 8) for side in mask.shape)
    rows = mask[:height], mask[-height:]
    return [part[:, columns] for part in rows for columns in (np.s_[:width], np.s_[-width:])]
