"""Any picture of a digit to the 28x28 that MNIST would have made of it."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy_exports

if TYPE_CHECKING:
    from scratchnet_cli.images.decode import upright
    from scratchnet_cli.images.numbers import read_digits
    from scratchnet_cli.images.opening import NO_MEMORY, opened
    from scratchnet_cli.images.own_png import OUR_PNG, png
    from scratchnet_cli.images.reading import Box, Picture, Place, read_image, read_raw_image
else:
    __getattr__, __all__ = lazy_exports(__name__)
