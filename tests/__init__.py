"""The tests. Each says in one sentence what a user can rely on."""

import os

# As the program has it, and so all processes that tests start: BLAS on several threads may round
# otherwise, and answers are compared to their last digit.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
