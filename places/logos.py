"""Logos that visitors send: checked by content, made small, written again without anything of the file they sent.

A kept file has a random name under VAR_DIR/media/logos. It is public once a published place bears its name.
"""

import secrets
import struct
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 16_000_000  # what a phone takes; 64 MB once opened
SIDE = 480  # pixels, twice what the card shows
UNUSED_FOR = timedelta(days=2)  # a picture that nothing names is deleted after that
CONTENT_TYPES = {".png": "image/png", ".jpg": "image/jpeg"}

# What Pillow raises on a file that is broken, or made to break it.
BROKEN = (
    UnidentifiedImageError,
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    LookupError,
    ArithmeticError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def clean(upload) -> bytes:
    """Return the small, clean picture in an uploaded file; raise ValidationError, with a sentence, otherwise."""
    if upload.size > MAX_BYTES:
        raise ValidationError(_("Ce fichier est trop lourd : 8 Mo au plus."), code="too_heavy")
    try:
        with Image.open(upload, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValidationError(_("Cette image est trop grande : 16 millions de points au plus."), code="too_big")
            image.draft("RGB", (SIDE * 2, SIDE * 2))  # a large photo is read at a smaller scale
            return _rewritten(image)
    except BROKEN as error:
        raise ValidationError(
            _("Ce fichier n’est pas une image lisible : PNG, JPEG, WebP ou GIF attendu."), code="not_an_image"
        ) from error


def keep(picture: bytes) -> str:
    """Write a clean picture and return its name."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    name = secrets.token_hex(16) + (".png" if picture.startswith(b"\x89PNG") else ".jpg")
    unfinished = folder / f"{name}.new"
    unfinished.write_bytes(picture)
    unfinished.rename(folder / name)
    return name


def path_of(name: str) -> Path | None:
    """Return where a logo is kept; None when there is no such file, whatever the name."""
    path = _folder() / name
    return path if path.suffix in CONTENT_TYPES and path.parent == _folder() and path.is_file() else None


def older_than(moment: datetime) -> list[Path]:
    """Return the kept files written before a moment."""
    files = _folder().iterdir() if _folder().is_dir() else ()
    return [path for path in files if path.stat().st_mtime < moment.timestamp()]


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "logos"


def _rewritten(image: Image.Image) -> bytes:
    """The first picture of the file, upright, at most SIDE wide and high; PNG when it can be seen through."""
    seen_through = image.mode in ("RGBA", "LA", "PA", "P") or "transparency" in image.info
    flat = ImageOps.exif_transpose(image).convert("RGBA" if seen_through else "RGB")
    flat.thumbnail((SIDE, SIDE))
    bare = Image.new(flat.mode, flat.size)
    bare.paste(flat)
    written = BytesIO()
    if seen_through:
        bare.save(written, "PNG", optimize=True)
    else:
        bare.save(written, "JPEG", quality=85, optimize=True)
    return written.getvalue()
