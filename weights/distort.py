"""Random distortions of digit images, ending in the box and centre that MNIST and predict use.

All images are (n, h, h) float32 in [0, 1], 0 background; strengths are (n,).
"""

import torch
from torch import Tensor
from torch.nn import functional

SIDE = 28
FIELD = 34
"""Side in pixels of the working canvas: a 20-pixel digit, turned and sheared, still fits."""
TYPICAL_INK = 104.0
"""Mean sum of an MNIST digit's pixels, each in [0, 1]."""


def distort(images: Tensor, strength: float = 1.0) -> Tensor:
    """One fresh random variant of each image (n, 28, 28), boxed and centred as MNIST's are.

    strength scales every distortion; 0 only boxes and centres.
    """
    # Most people write tidily, some do not: the strength itself varies from image to image.
    s = strength * (torch.rand(len(images)) + torch.rand(len(images)))
    return box(tone(pen(warp(images, s), s), s), jitter=0.03 * strength)


def warp(images: Tensor, s: Tensor) -> Tensor:
    """Turn, shear, squeeze and bend each image, on a canvas of FIELD x FIELD pixels."""
    n = len(images)
    turn, shear, squeeze = (spread * torch.randn(n) * s for spread in (0.15, 0.20, 0.09))
    cos, sin, squeeze = turn.cos(), turn.sin(), squeeze.exp()
    # Output pixel -> input pixel. The box at the end undoes any overall size, so only the
    # ratio of height to width is varied here.
    to_x = torch.stack([(cos + shear * sin) / squeeze, (shear * cos - sin) / squeeze], dim=1)
    to_y = torch.stack([sin * squeeze, cos * squeeze], dim=1)
    at = torch.arange(FIELD) - (FIELD - 1) / 2
    grid = torch.stack(torch.meshgrid(at, at, indexing="xy"), dim=2)
    source = grid @ torch.stack([to_x, to_y], dim=2)[:, None] + bends(s)
    # In units of half the side, as grid_sample counts.
    source = source * 2 / SIDE
    return functional.grid_sample(images[:, None], source, align_corners=False)[:, 0]


def bends(s: Tensor) -> Tensor:
    """Smooth random displacements in pixels, (n, FIELD, FIELD, 2): elastic deformation.

    A small lattice of independent normal numbers is interpolated, so that neighbouring pixels move
    together (Simard, Steinkraus and Platt 2003, by another route).
    """
    lattice = torch.randn(len(s), 2, 6, 6) * s[:, None, None, None]
    smooth = functional.interpolate(lattice, FIELD, mode="bicubic", align_corners=True)
    return smooth.permute(0, 2, 3, 1)


def pen(images: Tensor, s: Tensor) -> Tensor:
    """Write each digit with a thicker or a thinner pen, by up to about two pixels in width.

    No pen takes away more than half of the ink, nor fills a digit that is a blot already.
    """
    change = (0.5 * torch.randn(len(images)) * s).clamp(-1, 1)
    amount = images.sum(dim=(1, 2))
    thick, thin = spread(images), 1 - spread(1 - images)
    more = change.clamp(min=0) * (2 - amount / TYPICAL_INK).clamp(0, 1)
    loss = 1 - thin.sum(dim=(1, 2)) / amount.clamp(min=1)
    less = torch.minimum(-change.clamp(max=0), 0.5 / loss.clamp(min=0.01))
    return torch.where(
        (change > 0)[:, None, None],
        images + more[:, None, None] * (thick - images),
        images + less[:, None, None] * (thin - images),
    )


def spread(images: Tensor) -> Tensor:
    """The maximum of each pixel and its four neighbours."""
    across = functional.max_pool2d(images[:, None], (1, 3), 1, (0, 1))
    down = functional.max_pool2d(images[:, None], (3, 1), 1, (1, 0))
    return torch.maximum(across, down)[:, 0]


def tone(images: Tensor, s: Tensor) -> Tensor:
    """Hard-edged as a paint program's pixels, or soft as a pencil's grey."""
    n = len(images)
    gain = torch.exp((0.6 * torch.randn(n)).abs() * s)[:, None, None]
    middle = torch.empty(n, 1, 1).uniform_(0.35, 0.5)
    soft = torch.exp(0.15 * torch.randn(n) * s)[:, None, None]
    peak = images.amax(dim=(1, 2), keepdim=True).clamp(min=0.1)
    return ((images / peak - middle) * gain + middle).clamp(0, 1) ** soft


def box(images: Tensor, jitter: float = 0.0) -> Tensor:
    """Scale the ink's longest side to 20 pixels and put its centre of mass at pixel 14.

    Result: (n, 28, 28), as sharp as MNIST; the shift is by whole pixels, as in MNIST.
    jitter: standard deviation, as a share of the size, of the error that a noisy border causes.
    """
    n = len(images)
    inked = images > 0.15 * images.amax(dim=(1, 2), keepdim=True)
    (top, bottom), (left, right) = ends(inked.any(dim=2)), ends(inked.any(dim=1))
    size = torch.maximum(bottom - top, right - left) * torch.exp(jitter * torch.randn(n))
    down = resampling(images.sum(dim=2), top, size / 20)
    across = resampling(images.sum(dim=1), left, size / 20)
    return sharpen((down @ images @ across.transpose(1, 2)).clamp(0, 1))


def ends(occupied: Tensor) -> tuple[Tensor, Tensor]:
    """The first occupied index and one past the last: (n, k) bool to two of (n,)."""
    first = occupied.int().argmax(dim=1)
    past = occupied.shape[1] - occupied.flip(1).int().argmax(dim=1)
    return first, past


def resampling(mass: Tensor, edge: Tensor, scale: Tensor) -> Tensor:
    """Weights (n, 28, h) that bring one axis to MNIST's box.

    mass: (n, h) ink along the axis; edge: where the ink starts; scale: old pixels to a new one.
    """
    at = torch.arange(mass.shape[1])
    centre = (mass @ at.float() / mass.sum(dim=1).clamp(min=1e-6) + 0.5 - edge) / scale - 0.5
    corner = (14 - centre).round()[:, None]
    source = (torch.arange(SIDE) - corner + 0.5) * scale[:, None] + edge[:, None] - 0.5
    reach = scale.clamp(min=1)[:, None, None]
    hat = (1 - (source[:, :, None] - at).abs() / reach).clamp(min=0)
    return hat / hat.sum(dim=2, keepdim=True).clamp(min=1)


def sharpen(images: Tensor) -> Tensor:
    """Undo the blur of being resampled twice: 1.5 times what each pixel has above its surround.

    By a random amount around that, which brings back the edges that MNIST has.
    """
    amount = torch.empty(len(images), 1, 1).uniform_(0.5, 2.5)
    kernel = torch.tensor([1.0, 2.0, 1.0]) / 4
    blurred = functional.conv2d(images[:, None], kernel.outer(kernel)[None, None], padding=1)[:, 0]
    return (images + amount * (images - blurred)).clamp(0, 1)
