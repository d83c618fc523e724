"""Contrast between two colours, by the formula of WCAG 2 (relative luminance)."""

import re

COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 to 1, of `#rrggbb`."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def is_readable(colour: str, ground: str = "#ffffff", *, least: float = 4.5) -> bool:
    """Tell whether a colour stands out enough from its ground; what is no colour is left to its own validator."""
    return not COLOUR.fullmatch(colour) or contrast(colour, ground) >= least
