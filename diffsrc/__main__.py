"""`python -m diffsrc`, which is the command `diffsrc`."""

from __future__ import annotations

import sys

from diffsrc.cli import main

sys.exit(main())
