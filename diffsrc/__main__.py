"""`python -m diffsrc`, which is the command `diffsrc`."""

from __future__ import annotations

import sys

if not sys.flags.safe_path:
    # Python has put the working directory first: for `decimal.py:f`, which must not run,
    # SymPy would import the user's `decimal`. A target that is imported puts it back.
    del sys.path[0]

from diffsrc.cli import main

sys.exit(main())
