"""Train the bundled weights: the book's network, taught by two larger ones.

    python -m weights.train --out weights/bundled.npz

50 hidden units are too few to learn everything. So two convolutional networks, the teachers, learn
a pool of distorted, drawn and spoilt pictures by its labels; and the book's network, the student,
learns the probabilities that the teachers give, which say more about a picture than its label does
(Hinton, Vinyals and Dean 2015). The teachers know an eleventh class, "no digit". The student has
none: what they give to it is spread evenly over the ten, so that it learns to be unsure.

One seed and one thread decide everything: the same command gives the same file.
"""

import argparse
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from weights.digits import Digits, load_digits
from weights.pool import NONE, copies, make_pool, packed

SIZES = (784, 50, 100, 10)
TEACHERS = 2
EPOCHS = 22
BATCH = 1000
RATE = 0.1
WEIGHT_DECAY = 0.02
"""The student's: each step takes this share, times its rate, from the matrices."""
SHIFTED = 0.5
"""The share of the student's batches that are rolled by -1, 0 or 1 pixels each way."""


def main() -> None:
    """Train, write the weight file, and say how good it is on the digits held back."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("weights/bundled.npz"))
    options = parser.parse_args()

    learned, held_back = load_digits()
    student = train(learned, held_back, options.seed)
    save(student, options.out)
    print(f"{options.out}: {accuracy(student, held_back):.4f} of the digits held back")


def train(learned: Digits, held_back: Digits, seed: int, effort: float = 1.0) -> nn.Sequential:
    """The student: 784-50-100-10, sigmoids between its layers, calibrated on what is held back.

    effort: share of the drawn pictures and of the epochs. The same seed gives the same bytes.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    pixels, labels = make_pool(learned, effort)
    print(f"the pool: {len(pixels):,} pictures", flush=True)
    opinions = torch.zeros(len(pixels), NONE + 1)
    for _ in range(TEACHERS):
        teacher = teach(build_teacher(), pixels, labels)
        opinions += logits(teacher, pixels) / TEACHERS
        print(f"a teacher: {accuracy(teacher, held_back):.4f} of the digits held back", flush=True)
    student = build_student()
    learn(student, pixels, spread_doubt(opinions), max(1, round(effort * EPOCHS)))
    calibrate(student, held_back)
    return student


def build_teacher() -> nn.Sequential:
    """A convolutional network for (n, 784) images in [0, 1]: ten digits and NONE."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(32 * 4 * 4, 128), nn.ReLU(),
        nn.Linear(128, NONE + 1),
    )  # fmt: skip


def build_student() -> nn.Sequential:
    """The book's network for (n, 784) images in [0, 1]; Glorot's normal, doubled for sigmoids."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(SIZES):
        layer = nn.Linear(fan_in, fan_out)
        gain = 1 if fan_out == SIZES[-1] else 2
        nn.init.xavier_normal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


def teach(teacher: nn.Sequential, pixels: Tensor, labels: Tensor) -> nn.Sequential:
    """The teacher after one pass through the pool by its labels, its rate falling to 0."""
    batches = torch.randperm(len(pixels)).split(100)
    adam = torch.optim.Adam(teacher.parameters(), 0.002)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(adam, len(batches))
    for chosen in batches:
        adam.zero_grad()
        functional.cross_entropy(teacher(as_input(pixels[chosen])), labels[chosen]).backward()
        adam.step()
        rates.step()
    return teacher.eval()


def learn(student: nn.Sequential, pixels: Tensor, targets: Tensor, epochs: int) -> None:
    """Bring the student's probabilities to these (n, 10), its rate falling to 0."""
    # What is too small for a float's full precision would cost many times as long.
    torch.set_flush_denormal(True)
    matrices = [param for param in student.parameters() if param.ndim == 2]
    biases = [param for param in student.parameters() if param.ndim == 1]
    # Muon (Jordan and others, 2024) makes each step's matrix orthogonal: all directions of a layer
    # learn alike. In ten epochs it came near the loss for which Adam took eighty.
    optimizers = [
        torch.optim.Muon(matrices, RATE, weight_decay=WEIGHT_DECAY),
        torch.optim.Adam(biases, 0.3 * RATE),
    ]
    steps = epochs * math.ceil(len(pixels) / BATCH)
    rates = [torch.optim.lr_scheduler.CosineAnnealingLR(each, steps) for each in optimizers]
    for _ in range(epochs):
        for chosen in torch.randperm(len(pixels)).split(BATCH):
            batch = pixels[chosen]
            if torch.rand(()) < SHIFTED:
                batch = batch.roll(torch.randint(-1, 2, (2,)).tolist(), (1, 2))
            student.zero_grad()
            output = student(as_input(batch))
            functional.cross_entropy(output, targets[chosen]).backward()
            for each in (*optimizers, *rates):
                each.step()
    torch.set_flush_denormal(False)


def spread_doubt(opinions: Tensor) -> Tensor:
    """Logits (n, 11) to probabilities (n, 10): what NONE has is spread evenly over the digits."""
    probabilities = functional.softmax(opinions, dim=1).clamp(min=1e-9)
    return probabilities[:, :NONE] + probabilities[:, NONE:] / NONE


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def calibrate(student: nn.Sequential, held_back: Digits) -> None:
    """Divide the last layer by the temperature at which its probabilities fit the digits best.

    Half of the digits are as they were written, and half distorted.
    """
    images, labels = held_back
    both = torch.cat([packed(images), copies(images, 0.5)])
    output, labels = logits(student, both), labels.repeat(2)
    temperatures = torch.linspace(0.4, 3, 261)
    losses = [functional.cross_entropy(output / t, labels) for t in temperatures]
    temperature = temperatures[int(torch.stack(losses).argmin())]
    student[-1].weight /= temperature
    student[-1].bias /= temperature


def as_input(pixels: Tensor) -> Tensor:
    """Pictures (n, 28, 28) uint8 as a network takes them: (n, 784) in [0, 1]."""
    return pixels.flatten(1) / 255


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def logits(network: nn.Sequential, pixels: Tensor) -> Tensor:
    """What the network gives for pictures (n, 28, 28) uint8."""
    return torch.cat([network(as_input(part)) for part in pixels.split(500)])


def accuracy(network: nn.Sequential, digits: Digits) -> float:
    """Share of the digits read right, in [0, 1]."""
    images, labels = digits
    best = logits(network, packed(images))[:, :NONE].argmax(dim=1)
    return float((best == labels).float().mean())


def save(student: nn.Sequential, path: Path) -> None:
    """Write W1 b1 W2 b2 W3 b3 as float32, W (inputs, outputs), in the book's form."""
    arrays = {}
    for i, layer in enumerate((layer for layer in student if isinstance(layer, nn.Linear)), 1):
        arrays[f"W{i}"] = np.ascontiguousarray(layer.weight.detach().numpy().T)
        arrays[f"b{i}"] = layer.bias.detach().numpy()
    np.savez(path, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
