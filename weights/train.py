"""Training of the bundled weights: the book's network, taught by two larger ones.

    python -m weights.train --out weights/bundled.npz

50 hidden units are too few to learn everything. So two convolutional networks, the teachers, learn
the labels of the training set, and the book's network, the student, learns their probabilities.
These say more about an image than its label (Hinton, Vinyals and Dean 2015). The teachers have an
eleventh class for non-digits. Its probability is spread evenly over the student's ten classes, so
the student learns to be uncertain.

Training uses one thread: the same seed gives the same file.
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
from weights.training_set import (
    CHUNK_IMAGES,
    NON_DIGIT_LABEL,
    as_bytes,
    distorted_copies,
    make_training_set,
)

LAYER_SIZES = (784, 50, 100, 10)
TEACHERS = 2
# The student of this seed read the most distorted digits that were held back, of six students.
STUDENT_SEED = 4
STUDENT_EPOCHS = 22
BATCH_IMAGES = 1000
LEARNING_RATE = 0.1
# Each of the student's steps reduces its matrices by this share, times the learning rate.
WEIGHT_DECAY = 0.02
# The share of the student's batches that are shifted by -1, 0 or 1 pixels along each axis.
SHIFTED_BATCH_SHARE = 0.5


def main() -> None:
    """Train, write the weight file, and print the accuracy on the digits held back."""
    description = "Train the bundled weights: the book's network, taught by two larger ones."
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("weights/bundled.npz"))
    options = parser.parse_args()

    learned, held_back = load_digits()
    student = train(learned, held_back, options.seed)
    save(student, options.out)
    print(f"{options.out}: {accuracy(student, held_back):.4f} of the digits held back")


def train(learned: Digits, held_back: Digits, seed: int, effort: float = 1.0) -> nn.Sequential:
    """Return the student, 784-50-100-10 with sigmoids, calibrated on the digits held back.

    effort: the share of drawn digits, non-digits and epochs. The same seed gives the same bytes.
    """
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)
    images, labels = make_training_set(learned, effort)
    print(f"the pool: {len(images):,} pictures", flush=True)
    teacher_logits = torch.zeros(len(images), NON_DIGIT_LABEL + 1)
    for _ in range(TEACHERS):
        teacher = train_teacher(build_teacher(), images, labels)
        teacher_logits += logits(teacher, images) / TEACHERS
        print(f"a teacher: {accuracy(teacher, held_back):.4f} of the digits held back", flush=True)
    torch.manual_seed(seed + STUDENT_SEED)
    student = build_student()
    epochs = max(1, round(effort * STUDENT_EPOCHS))
    train_student(student, images, student_targets(teacher_logits), epochs)
    calibrate(student, held_back)
    return student


def build_teacher() -> nn.Sequential:
    """Return a convolutional network from (n, 784) in [0, 1] to logits (n, 11)."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 28, 28)),
        nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(32 * 4 * 4, 128), nn.ReLU(),
        nn.Linear(128, NON_DIGIT_LABEL + 1),
    )  # fmt: skip


def build_student() -> nn.Sequential:
    """Return the book's network from (n, 784) in [0, 1] to logits (n, 10).

    Weights are Glorot's normal, doubled before sigmoids; biases are 0.
    """
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(LAYER_SIZES):
        layer = nn.Linear(fan_in, fan_out)
        gain = 1 if fan_out == LAYER_SIZES[-1] else 2
        nn.init.xavier_normal_(layer.weight, gain)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.Sigmoid()]
    return nn.Sequential(*layers[:-1])


def train_teacher(teacher: nn.Sequential, images: Tensor, labels: Tensor) -> nn.Sequential:
    """Return the teacher after one epoch, in which the learning rate falls to 0."""
    batches = torch.randperm(len(images)).split(100)
    adam = torch.optim.Adam(teacher.parameters(), 0.002)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, len(batches))
    for batch in batches:
        adam.zero_grad()
        functional.cross_entropy(teacher(as_input(images[batch])), labels[batch]).backward()
        adam.step()
        schedule.step()
    return teacher.eval()


def train_student(student: nn.Sequential, images: Tensor, targets: Tensor, epochs: int) -> None:
    """Fit the student's probabilities to the targets (n, 10); the learning rate falls to 0."""
    # Denormal numbers make products many times slower.
    torch.set_flush_denormal(True)
    matrices = [param for param in student.parameters() if param.ndim == 2]
    biases = [param for param in student.parameters() if param.ndim == 1]
    # Muon (Jordan and others, 2024) makes each step's matrix orthogonal, so all directions of a
    # layer learn alike. Ten of its epochs came near the loss of eighty with Adam.
    optimizers = [
        torch.optim.Muon(matrices, LEARNING_RATE, weight_decay=WEIGHT_DECAY),
        torch.optim.Adam(biases, 0.3 * LEARNING_RATE),
    ]
    steps = epochs * math.ceil(len(images) / BATCH_IMAGES)
    schedules = [torch.optim.lr_scheduler.CosineAnnealingLR(each, steps) for each in optimizers]
    for _ in range(epochs):
        for indices in torch.randperm(len(images)).split(BATCH_IMAGES):
            batch = images[indices]
            if torch.rand(()) < SHIFTED_BATCH_SHARE:
                batch = batch.roll(torch.randint(-1, 2, (2,)).tolist(), (1, 2))
            student.zero_grad()
            output = student(as_input(batch))
            functional.cross_entropy(output, targets[indices]).backward()
            for each in (*optimizers, *schedules):
                each.step()
    torch.set_flush_denormal(False)


def student_targets(teacher_logits: Tensor) -> Tensor:
    """Return probabilities (n, 10) for logits (n, 11): that of non-digits is spread evenly."""
    probabilities = functional.softmax(teacher_logits, dim=1).clamp(min=1e-9)
    non_digit = probabilities[:, NON_DIGIT_LABEL:]
    return probabilities[:, :NON_DIGIT_LABEL] + non_digit / NON_DIGIT_LABEL


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def calibrate(student: nn.Sequential, held_back: Digits) -> None:
    """Divide the last layer by the temperature at which its probabilities fit the digits best.

    The digits are used twice, unchanged and distorted.
    """
    images, labels = held_back
    both = torch.cat([as_bytes(images), distorted_copies(images, 0.5)])
    output, labels = logits(student, both), labels.repeat(2)
    temperatures = torch.linspace(0.4, 3, 261)
    losses = [functional.cross_entropy(output / t, labels) for t in temperatures]
    temperature = temperatures[int(torch.stack(losses).argmin())]
    student[-1].weight /= temperature
    student[-1].bias /= temperature


def as_input(images: Tensor) -> Tensor:
    """Return images (n, 28, 28) uint8 as a network's input: (n, 784) in [0, 1]."""
    return images.flatten(1) / 255


@torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
def logits(network: nn.Sequential, images: Tensor) -> Tensor:
    """Return the network's output for images (n, 28, 28) uint8."""
    return torch.cat([network(as_input(chunk)) for chunk in images.split(CHUNK_IMAGES)])


def accuracy(network: nn.Sequential, digits: Digits) -> float:
    """Return the share of the digits that are read correctly, in [0, 1]."""
    images, labels = digits
    best = logits(network, as_bytes(images))[:, :NON_DIGIT_LABEL].argmax(dim=1)
    return float((best == labels).float().mean())


def save(student: nn.Sequential, path: Path) -> None:
    """Write W1 b1 W2 b2 W3 b3 as float32, W (inputs, outputs), and the activations."""
    arrays = {}
    for i, layer in enumerate((layer for layer in student if isinstance(layer, nn.Linear)), 1):
        arrays[f"W{i}"] = np.ascontiguousarray(layer.weight.detach().numpy().T)
        arrays[f"b{i}"] = layer.bias.detach().numpy()
    activations = ["sigmoid", "sigmoid", "identity"]
    np.savez(path, **arrays, activations=activations)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
