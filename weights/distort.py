"""Random distortions of digit images, scaled and centred in the end as MNIST and predict do.

Images are (n, h, h) float32 in [0, 1], 0 is background. strengths: (n,), one for each image.
"""

import torch
from torch import Tensor
from torch.nn import functional

from scratchnet_cli.images.digit_image import SIDE_PIXELS
from scratchnet_cli.images.mnist import CENTRE_PIXEL, DIGIT_SIDE_PIXELS

# A digit of 20 pixels, rotated and sheared, fits on this canvas.
CANVAS_SIDE_PIXELS = 34
# The mean sum of an MNIST digit's pixels, each in [0, 1].
MEAN_INK_SUM = 104.0
# Outlines are drawn at this many pixels for one of MNIST's.
FINE_SCALE = 2


def distort(images: Tensor, strength: float = 1.0) -> Tensor:
    """Return one random variant of each image, scaled and centred: (n, 28, 28).

    strength scales every distortion; with 0 images are only scaled and centred.
    """
    # Most people write tidily, but some do not. So the strength varies from image to image.
    strengths = strength * (torch.rand(len(images)) + torch.rand(len(images)))
    for change in (warp, change_width, change_contrast):
        images = change(images, strengths)
    return fit(images, jitter=0.03 * strength)


def hollow(images: Tensor, strength: float) -> Tensor:
    """Return the outlines of each digit's strokes, broken at places: (n, 28, 28)."""
    n = len(images)
    strengths = strength * (torch.rand(n) + torch.rand(n))
    fine = change_width(warp(images, strengths), 2 * strengths)[:, None]
    fine = functional.interpolate(fine, scale_factor=FINE_SCALE, mode="bicubic")[:, 0]
    solid = (4 * (fine - 0.5) + 0.5).clamp(0, 1)
    outline = dilate(solid) + dilate(1 - solid) - 1
    noise = functional.interpolate(torch.randn(n, 1, 10, 10), outline.shape[1:], mode="bicubic")
    outline = outline * (noise[:, 0] > torch.empty(n, 1, 1).uniform_(-3, -1))
    # The pen is 1 to 2.4 of MNIST's pixels wide: predict widens thinner ones, wider ones fill.
    growth = torch.empty(n, 1, 1).uniform_(0, 1.4)
    for step in range(2):
        outline = outline + (growth - step).clamp(0, 1) * (dilate(outline) - outline)
    return fit(outline, jitter=0.03 * strength)


def warp(images: Tensor, strengths: Tensor) -> Tensor:
    """Return the images rotated, sheared, squeezed and bent: (n, 34, 34)."""
    n = len(images)
    turn, shear, squeeze = (scale * torch.randn(n) * strengths for scale in (0.15, 0.20, 0.09))
    cos, sin, squeeze = turn.cos(), turn.sin(), squeeze.exp()
    # From output pixel to input pixel. Only the ratio of height to width varies, because images
    # are scaled to one size in the end.
    to_x = torch.stack([(cos + shear * sin) / squeeze, (shear * cos - sin) / squeeze], dim=1)
    to_y = torch.stack([sin * squeeze, cos * squeeze], dim=1)
    at = torch.arange(CANVAS_SIDE_PIXELS) - (CANVAS_SIDE_PIXELS - 1) / 2
    grid = torch.stack(torch.meshgrid(at, at, indexing="xy"), dim=2)
    source = grid @ torch.stack([to_x, to_y], dim=2)[:, None] + elastic_shifts(strengths)
    # grid_sample counts in units of half the side.
    source = source * 2 / SIDE_PIXELS
    return functional.grid_sample(images[:, None], source, align_corners=False)[:, 0]


def elastic_shifts(strengths: Tensor) -> Tensor:
    """Return smooth random shifts of each canvas pixel, in pixels: (n, 34, 34, 2).

    A small lattice of independent normal numbers is interpolated, so neighbouring pixels move
    together, as in elastic deformation (Simard, Steinkraus and Platt 2003).
    """
    lattice = torch.randn(len(strengths), 2, 6, 6) * strengths[:, None, None, None]
    side = CANVAS_SIDE_PIXELS
    smooth = functional.interpolate(lattice, side, mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)


def change_width(images: Tensor, strengths: Tensor) -> Tensor:
    """Return each digit with thicker or thinner strokes, by up to about two pixels in width.

    At most half of the ink is removed. Digits with twice the mean ink get no thicker.
    """
    change = (0.5 * torch.randn(len(images)) * strengths).clamp(-1, 1)
    amount = images.sum(dim=(1, 2))
    thick, thin = dilate(images), 1 - dilate(1 - images)
    more = change.clamp(min=0) * (2 - amount / MEAN_INK_SUM).clamp(0, 1)
    loss = 1 - thin.sum(dim=(1, 2)) / amount.clamp(min=1)
    less = torch.minimum(-change.clamp(max=0), 0.5 / loss.clamp(min=0.01))
    return torch.where(
        (change > 0)[:, None, None],
        images + more[:, None, None] * (thick - images),
        images + less[:, None, None] * (thin - images),
    )


def dilate(images: Tensor) -> Tensor:
    """Return the maximum of each pixel and its four neighbours."""
    across = functional.max_pool2d(images[:, None], (1, 3), 1, (0, 1))
    down = functional.max_pool2d(images[:, None], (3, 1), 1, (1, 0))
    return torch.maximum(across, down)[:, 0]


def change_contrast(images: Tensor, strengths: Tensor) -> Tensor:
    """Return the images with harder edges, as in a paint program, or softer ink, as of a pencil."""
    n = len(images)
    gain = torch.exp((0.6 * torch.randn(n)).abs() * strengths)[:, None, None]
    middle = torch.empty(n, 1, 1).uniform_(0.35, 0.5)
    gamma = torch.exp(0.15 * torch.randn(n) * strengths)[:, None, None]
    peak = images.amax(dim=(1, 2), keepdim=True).clamp(min=0.1)
    return ((images / peak - middle) * gain + middle).clamp(0, 1) ** gamma


def fit(images: Tensor, jitter: float = 0.0) -> Tensor:
    """Return the images scaled and centred as in MNIST, by whole pixels, and as sharp.

    The longer side of the ink becomes 20 pixels, its centre of mass comes to pixel 14. jitter: the
    standard deviation of the size's error, as a share of it; noise at the border causes one.
    """
    n = len(images)
    inked = images > 0.15 * images.amax(dim=(1, 2), keepdim=True)
    (top, bottom), (left, right) = extent(inked.any(dim=2)), extent(inked.any(dim=1))
    size = torch.maximum(bottom - top, right - left) * torch.exp(jitter * torch.randn(n))
    scale = size / DIGIT_SIDE_PIXELS
    down = resampling_matrix(images.sum(dim=2), top, scale)
    across = resampling_matrix(images.sum(dim=1), left, scale)
    return sharpen((down @ images @ across.transpose(1, 2)).clamp(0, 1))


def extent(occupied: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first occupied index and one past the last, both (n,). occupied: (n, k) bool."""
    first = occupied.int().argmax(dim=1)
    past = occupied.shape[1] - occupied.flip(1).int().argmax(dim=1)
    return first, past


def resampling_matrix(ink: Tensor, edge: Tensor, scale: Tensor) -> Tensor:
    """Return the matrices (n, 28, h) that scale and centre one axis.

    ink: (n, h), the sums along the axis; edge: (n,), where the ink starts; scale: (n,), the old
    pixels for a new one.
    """
    at = torch.arange(ink.shape[1])
    centre = (ink @ at.float() / ink.sum(dim=1).clamp(min=1e-6) + 0.5 - edge) / scale - 0.5
    corner = (CENTRE_PIXEL - centre).round()[:, None]
    source = (torch.arange(SIDE_PIXELS) - corner + 0.5) * scale[:, None] + edge[:, None] - 0.5
    radius = scale.clamp(min=1)[:, None, None]
    triangle = (1 - (source[:, :, None] - at).abs() / radius).clamp(min=0)
    return triangle / triangle.sum(dim=2, keepdim=True).clamp(min=1)


def sharpen(images: Tensor) -> Tensor:
    """Return the images after unsharp masking by a random amount; resampling has blurred them."""
    amount = torch.empty(len(images), 1, 1).uniform_(0.5, 2.5)
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    blurred = functional.conv2d(images[:, None], kernel.outer(kernel)[None, None], padding=1)[:, 0]
    return (images + amount * (images - blurred)).clamp(0, 1)
