"""Everything a developer needs, with nothing but Python 3.11 or newer.

    python3 dev.py demo [--port N] [--fresh]   the product with invented data, on this machine
    python3 dev.py test [pytest's arguments]   every check, then the tests
    python3 dev.py manage COMMAND …            a Django command against the embedded servers
    python3 dev.py bench KIND …                a measurement of benchmarks/ against them

Each makes .venv from the locked requirements first, when that is new or out of date.
State lies in .local/, or in the directory that ZHUQITONG_HOME names.
"""

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)

COMMANDS = {
    "demo": ("config.local.demo", "requirements.txt"),
    "test": ("config.local.check", "requirements-dev.txt"),
    "manage": ("config.local.manage", "requirements.txt"),
    "bench": ("benchmarks", "requirements.txt"),
}
# The developer's lock file holds the other one.
HOLDS = {
    "requirements.txt": ("requirements.txt",),
    "requirements-dev.txt": ("requirements-dev.txt", "requirements.txt"),
}


def main(arguments):
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("Python 3.11 or newer is needed; this is {}.{}.".format(*sys.version_info))
    if not arguments or arguments[0] not in COMMANDS:
        asked_for_help = bool(arguments) and arguments[0] in ("-h", "--help", "help")
        print(__doc__.strip(), file=sys.stdout if asked_for_help else sys.stderr)
        sys.exit(0 if asked_for_help else 2)
    module, lock_file = COMMANDS[arguments[0]]
    with (ROOT / "dev.py").open() as only_one_at_a_time:
        fcntl.flock(only_one_at_a_time, fcntl.LOCK_EX)
        install(lock_file)
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    os.execve(PYTHON, [str(PYTHON), "-m", module, *arguments[1:]], environment)


def install(lock_file):
    """Bring .venv up to the lock file, unless a stamp says that it is."""
    if is_installed(lock_file):
        return
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit("Python's venv module is missing; on Debian or Ubuntu: apt-get install python3-venv")
    print("Installing {} into .venv …".format(lock_file), file=sys.stderr, flush=True)
    if not is_of_this_python():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    options = ["--require-hashes", "--only-binary", ":all:", "-r", str(ROOT / lock_file)]
    if subprocess.call([*pip, *options]):
        sys.exit("The requirements could not be installed; pip says above why.")
    for name in HOLDS[lock_file]:
        stamp(name).write_text(digest(name))


def is_installed(lock_file):
    return is_of_this_python() and stamp(lock_file).exists() and stamp(lock_file).read_text() == digest(lock_file)


def is_of_this_python():
    version = "python{}.{}".format(*sys.version_info)
    return PYTHON.exists() and (VENV / "lib" / version / "site-packages").is_dir()


def stamp(lock_file):
    return VENV / "installed-{}".format(lock_file)


def digest(lock_file):
    return hashlib.sha256((ROOT / lock_file).read_bytes()).hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
