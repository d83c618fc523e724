"""Territories: what comes in from official files, which of them each place lies in, and what they lack."""

from places.territories.membership import locate, locate_all

__all__ = ["locate", "locate_all"]
