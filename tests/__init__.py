"""The tests. Each says in one sentence what a user can rely on."""

import os

# As in the program: several threads may round otherwise, and answers are compared exactly.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
