"""The colours of the pages and of the map: readable in every palette, and by every kind of sight."""

import re
from pathlib import Path

import pytest

from places.colours import contrast
from places.models.term import FAMILY_COLOURS
from places.vocabularies import Family

ROOT = Path(__file__).resolve().parent.parent
TOKENS = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")
TEXTS = [
    ("ink", "paper"),
    ("ink", "ground"),
    ("ink", "pointed"),
    ("ink-soft", "paper"),
    ("ink-soft", "ground"),
    ("action", "paper"),
    ("action", "ground"),
    ("action", "pointed"),
    ("action-ink", "action"),
    ("action-ink", "action-strong"),
    ("header-ink", "header"),
    ("open", "open-ground"),
    ("closed", "closed-ground"),
    ("unknown", "unknown-ground"),
    ("notice", "notice-ground"),
    ("on-map-ink", "on-map"),
]
GRAPHICS = [("line", "paper"), ("line", "ground"), ("focus", "paper"), ("focus", "ground"), ("map-focus", "map-ground")]
# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB; the last one keeps the luminance alone.
SIGHTS = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
    "achromatopsia": ((0.2126, 0.7152, 0.0722),) * 3,
}


def values(selector: str, style: str = TOKENS) -> dict[str, str]:
    """The colours that the first block of this selector gives."""
    block = style.split(f"{selector} {{", 1)[1].split("}", 1)[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT = values(":root")
PALETTES = {
    "light": LIGHT,
    "dark": LIGHT | values("@media (prefers-color-scheme: dark) {\n  :root"),
    "contraste": LIGHT | values(":root.is-contraste"),
}


def seen(colour: str, sight: str) -> str:
    """The colour as this sight sees it."""
    encoded = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]
    mixed = [sum(share * c for share, c in zip(row, linear, strict=True)) for row in SIGHTS[sight]]
    kept = [min(1, max(0, c)) for c in mixed]
    back = [12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in kept]
    return "#" + "".join(f"{round(c * 255):02x}" for c in back)


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_has_seven_times_the_light_of_its_ground_or_the_reverse(palette, text, ground):
    assert contrast(PALETTES[palette][text], PALETTES[palette][ground]) >= 7


def test_three_questions_wear_the_colours_of_the_site():
    """Their one file of style repeats the palettes that are tested here."""
    style = (ROOT / "static/css/finding.css").read_text(encoding="utf-8")

    for selector in (":root", "@media (prefers-color-scheme: dark) {\n  :root"):
        worn = values(selector, style)
        assert len(worn) >= 15
        assert worn == {name: colour for name, colour in values(selector).items() if name in worn}


@pytest.mark.parametrize("palette", PALETTES)
@pytest.mark.parametrize(("line", "ground"), GRAPHICS)
def test_outlines_and_focus_are_seen_on_their_ground(palette, line, ground):
    assert contrast(PALETTES[palette][line], PALETTES[palette][ground]) >= 3


@pytest.mark.parametrize("sight", SIGHTS)
def test_states_are_read_by_every_sight(sight):
    for state in ("open", "closed", "unknown", "notice"):
        for palette in PALETTES.values():
            assert contrast(seen(palette[state], sight), seen(palette[f"{state}-ground"], sight)) >= 6.5


@pytest.mark.parametrize("sight", SIGHTS)
def test_markers_stand_out_from_the_map_for_every_sight(sight):
    for colour in FAMILY_COLOURS.values():
        assert contrast(seen(colour, sight), seen(LIGHT["map-ground"], sight)) >= 3
        assert contrast(seen(colour, sight), "#ffffff") >= 4.5, "the pictogram inside is white"


def test_each_family_has_a_shape_of_its_own():
    drawn = (ROOT / "static/img/families.svg").read_text(encoding="utf-8")
    symbols = dict(re.findall(r'<symbol id="(\w+)"[^>]*>(.*?)</symbol>', drawn))

    assert set(symbols) == {family.value for family in Family}
    outlines = [re.sub(r'stroke.*?"[^"]*"', "", drawing).split("/>")[0] for drawing in symbols.values()]
    assert len(set(outlines)) == len(symbols)


def test_simulation_leaves_grey_alone():
    for sight in SIGHTS:
        assert max(abs(int(seen("#777777", sight)[i : i + 2], 16) - 0x77) for i in (1, 3, 5)) <= 2
