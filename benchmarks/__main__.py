"""`python3 dev.py bench KIND …`: a measurement against the embedded servers, or those that the environment names."""

import sys

from config.local import manage

sys.exit(manage.main(sys.argv[1:], program=("-m", "benchmarks.run")))
