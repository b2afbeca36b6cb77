"""The command line, as ``python -m csmri``."""

from csmri.app.command_line import main

if __name__ == "__main__":
    main()
