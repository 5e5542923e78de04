"""Start-up, throughput, memory and growth, compared with alternatives that are installed.

python -m tests.benchmarks [PLOT.svg]
"""

import os

# Before NumPy is imported, and for the measured processes: one thread each.
for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import compileall
import gzip
import sys
import tempfile
from pathlib import Path

import scratchnet_cli
from scratchnet_cli.datasets.load import load_dataset
from scratchnet_cli.weights.load import load_weights
from tests.benchmarks import growth, pictures, scans, startup, throughput


def main() -> None:
    """Measure and print everything."""
    digits = load_dataset("sample").images
    bundled = load_weights("bundled")
    # As an installation does; without compiled modules only scratchnet would be slower.
    compileall.compile_dir(Path(scratchnet_cli.__file__).parent, quiet=1)
    weights = Path(bundled.origin.source)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growth.report(digits, weights, folder)
        dataset = folder / "gzipped"
        dataset.mkdir()
        for path in (folder / "10000").iterdir():
            (dataset / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        startup.report(digits, dataset, weights, folder)
        pictures.report(digits, folder)
    scans.report(bundled.network, digits, load_dataset("sample").labels)
    throughput.report(bundled.network, digits, Path(sys.argv[1]) if sys.argv[1:] else None)


if __name__ == "__main__":
    main()
