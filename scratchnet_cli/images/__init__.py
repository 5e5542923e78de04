"""Any picture of a digit to the 28x28 that MNIST would have made of it."""

from typing import TYPE_CHECKING

from scratchnet_cli.lazy import lazy

if TYPE_CHECKING:
    from scratchnet_cli.images.opening import opened
    from scratchnet_cli.images.own_png import OUR_PNG, png
    from scratchnet_cli.images.reading import Picture, read_digits, read_image, read_raw_image
else:
    __getattr__ = lazy(
        __name__,
        own_png="OUR_PNG png",
        opening="opened",
        reading="Picture read_digits read_image read_raw_image",
    )
