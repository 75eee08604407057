"""The switches of the test run."""

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Emitted modules and their references are read by tests; they hold none.
collect_ignore = ["golden", "references"]

# What tests compare is derived anew. Those of the cache switch it on, in a folder of their own.
os.environ["DIFFSRC_CACHE"] = "0"
os.environ["DIFFSRC_CACHE_DIR"] = str(Path(tempfile.gettempdir(), "diffsrc-tests"))

CI_CASES = 500
LONG_CASES = 20_000
CI_SEED = 1

settings.register_profile(
    "ci", max_examples=CI_CASES, derandomize=True, deadline=None, database=None
)
settings.register_profile(
    "long",
    max_examples=LONG_CASES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("diffsrc")
    group.addoption(
        "--long",
        action="store_true",
        help=f"{LONG_CASES} property cases from a new seed instead of {CI_CASES} fixed",
    )
    group.addoption(
        "--long-start",
        type=int,
        default=0,
        metavar="N",
        help="with --long and --hypothesis-seed: leave out the first N random functions",
    )
    group.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite tests/golden with what is emitted now, to be read as a diff",
    )


@pytest.hookimpl(tryfirst=True)  # Hypothesis's plugin reads the seed after this
def pytest_configure(config: pytest.Config) -> None:
    long = config.getoption("--long")
    settings.load_profile("long" if long else "ci")
    if long and config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(random.SystemRandom().getrandbits(32))
    # The random functions of `test_properties`: the first one, how many, the seed.
    start = config.getoption("--long-start") if long else 0
    count = LONG_CASES - start if long else CI_CASES
    config.property_cases = start, count, config.option.hypothesis_seed if long else CI_SEED


def pytest_report_header(config: pytest.Config) -> str:
    if config.getoption("--long"):
        seed = config.option.hypothesis_seed
        return f"{LONG_CASES} property cases; again with --long --hypothesis-seed={seed}"
    return f"{CI_CASES} property cases, the same on every run"


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the run may take hours."""
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are rewritten instead of compared."""
    return request.config.getoption("--update-golden")
