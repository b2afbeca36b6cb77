"""The door of the command ``csmri``: one thread, and a clear word where an extra is missing."""

import os
import sys

APP_MODULES = {"typer", "rich", "matplotlib"}


def main() -> None:
    """Run the command line."""
    # Read by OpenMP and MKL when they first compute. One thread makes seconds comparable and
    # sums the same in every run; whoever wants more says so in the environment.
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    try:
        from csmri.app.commands import run
    except ModuleNotFoundError as missing:
        if missing.name not in APP_MODULES:
            raise
        sys.exit(f"csmri's commands need {missing.name}: pip install 'csmri[app]'")
    run()


if __name__ == "__main__":
    main()
