"""The bare view behind everything the product puts before its own views."""

from roubaix_map.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.bare"
