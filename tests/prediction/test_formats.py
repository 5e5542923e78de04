"""Answers on a terminal: drawings, and the limit of warnings."""

import numpy as np

from scratchnet_cli.images.digit_image import DigitImage
from scratchnet_cli.prediction.answers import Digit
from scratchnet_cli.prediction.formats import drawing

# The upper and the lower pixel of a character.
PIXELS = np.zeros((28, 28), np.uint8)
PIXELS[:2, :5] = [[127, 128, 127, 128, 255], [127, 127, 128, 12, 11]]
SEVEN = Digit(DigitImage(PIXELS), np.eye(10)[7], 7, 0.8)


def test_drawing_has_two_pixels_a_character() -> None:
    """Half blocks are light from 128 on; 24 greys go from code 232 to 255."""
    assert drawing(SEVEN, colour=False)[0] == " ▀▄▀▀"
    codes = [(243, 243), (243, 243), (243, 243), (243, 233), (255, 232), (232, 232)]
    cells = [f"\x1b[38;5;{upper};48;5;{lower}m▀" for upper, lower in codes]
    first, second = drawing(SEVEN, colour=True)[:2]
    assert first == "".join(cells[:5]) + cells[5] * 23 + "\x1b[0m"
    assert second == cells[5] * 28 + "\x1b[0m"
