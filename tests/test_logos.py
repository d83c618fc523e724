"""A picture that a visitor sends: only pictures pass, small and bare, and nothing is public before it is accepted."""

import struct
import zlib
from io import BytesIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from places import history, logos
from places.models import Place, Revision, Submission
from tests.factories import make_place
from tests.submissions import send, sent_by


def picture(kind: str, width=300, height=200, mode="RGB", colour="red", **options) -> bytes:
    written = BytesIO()
    Image.new(mode, (width, height), colour).save(written, kind, **options)
    return written.getvalue()


def png(width=300, height=200, **options) -> bytes:
    return picture("PNG", width, height, **options)


def upload(content: bytes, name="logo.png", content_type="image/png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that says it is so large."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "kind", "size"),
    [
        (picture("PNG"), "JPEG", (300, 200)),
        (picture("PNG", mode="RGBA", colour=(0, 0, 0, 0)), "PNG", (300, 200)),
        (picture("JPEG", 3000, 1500), "JPEG", (480, 240)),
        (picture("WEBP", 1000, 1000), "JPEG", (480, 480)),
        (picture("GIF", mode="P", colour=3), "PNG", (300, 200)),
        (picture("PNG", mode="I;16", colour=9), "JPEG", (300, 200)),
        (picture("JPEG", mode="CMYK", colour=(1, 2, 3, 4)), "JPEG", (300, 200)),
        (picture("PNG", mode="1", colour=1), "JPEG", (300, 200)),
    ],
)
def test_picture_is_written_again_small(content, kind, size):
    clean = Image.open(BytesIO(logos.clean(upload(content))))

    assert (clean.format, clean.size) == (kind, size)


def test_picture_keeps_nothing_of_what_it_carried():
    info = PngInfo()
    info.add_text("Author", "Camille Secret")
    info.add_text("Comment", "<script>alert(1)</script>" * 100, zip=True)
    exif = Image.Exif()
    exif[0x010E] = "Camille Secret"
    exif.get_ifd(0x8825)[1] = "N"
    sent = [
        png(pnginfo=info),
        png(mode="RGBA", colour=(0, 0, 0, 9), pnginfo=info) + b"<?php system('id') ?><script>alert(1)</script>",
        picture("JPEG", exif=exif, comment=b"Camille Secret"),
        picture("WEBP", exif=exif, xmp=b"Camille Secret"),
    ]

    for content in sent:
        clean = logos.clean(upload(content))
        assert all(word not in clean for word in (b"Camille", b"script", b"php", b"Exif"))
        assert not Image.open(BytesIO(clean)).getexif()


def test_picture_turned_by_its_camera_is_upright():
    exif = Image.Exif()
    exif[0x0112] = 6

    clean = Image.open(BytesIO(logos.clean(upload(picture("JPEG", 300, 200, exif=exif)))))

    assert clean.size == (200, 300)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!DOCTYPE html><script>alert(1)</script>",
        b"%PDF-1.4",
        b"PK\x03\x04" + b"\0" * 100,
        b"MZ" + b"\0" * 500,
        b"GIF89a/*" + b"\0" * 20 + b"*/=alert(1)",
        png()[:-40],
        png()[:60] + b"\xff" * 200,
        picture("JPEG")[:400],
        picture("BMP"),
        picture("TIFF"),
        picture("ICO", 64, 64),
        picture("PPM"),
        picture("TGA"),
        picture("EPS"),
        bomb(300_000, 300_000),
        bomb(4_001, 4_000),
        bomb(3_000, 3_000),
        bomb(0, 0),
    ],
    ids=range(23),
)
def test_other_files_are_refused_with_a_sentence_whatever_they_are_called(content):
    with pytest.raises(ValidationError) as refused:
        logos.clean(upload(content))

    assert refused.value.messages[0].startswith(("Ce fichier n’est pas une image", "Cette image est trop grande"))


def test_heavy_file_is_refused_before_it_is_read():
    with pytest.raises(ValidationError, match="trop lourd"):
        logos.clean(upload(png() + b"\0" * logos.MAX_BYTES))


def test_kept_names_cannot_be_guessed_nor_lead_elsewhere(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    name = logos.keep(logos.clean(upload(png())))

    assert logos.path_of(name).read_bytes().startswith(b"\xff\xd8")
    assert len(name) == 36
    (tmp_path / "secret.png").write_bytes(b"x")
    for hostile in (
        "",
        ".",
        "..",
        "../secret.png",
        "/etc/passwd",
        f"{name}.new",
        "autre.png",
        "logos\\x.png",
        "\x00.png",
    ):
        assert logos.path_of(hostile) is None


@pytest.mark.django_db
def test_logo_is_public_once_a_published_place_bears_it_and_no_longer_after(client):
    place = make_place(nom="Un lieu")
    submission = sent_by(send(client, f"/lieux/{place.slug}/corriger/", logo=upload(png())))
    name = submission.proposed["logo"]
    address = f"/logos/{place.slug}/{name}"

    assert client.get(address).status_code == 404
    assert client.get(f"/logos/{place.slug}/%00.png").status_code == 404

    place.logo = name
    history.save([place], origin=Revision.Origin.SUBMISSION, submission=submission)
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.content.startswith(b"\xff\xd8")
    assert address in client.get(place.get_absolute_url()).content.decode()

    place.status = Place.Status.ARCHIVED
    history.save([place], origin=Revision.Origin.ADMIN)
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_proposed_logo_is_seen_by_moderators_alone(client):
    submission = sent_by(send(client, "/proposer/", nom="Un lieu", logo=upload(png())))
    address = f"/logos-proposes/{submission.pk}"
    somebody = User.objects.create_user("agent", is_staff=True)

    assert client.get(address).status_code == 404
    client.force_login(somebody)
    assert client.get(address).status_code == 404
    somebody.user_permissions.add(Permission.objects.get(codename="view_submission"))

    answer = client.get(address)

    assert answer.headers["Content-Type"] == "image/jpeg"
    assert "private" in answer.headers["Cache-Control"]
    assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.django_db
def test_bad_picture_brings_the_form_back_with_a_sentence(client):
    answer = send(client, "/proposer/", nom="Un lieu", logo=upload(b"<svg/>", "logo.svg", "image/svg+xml"))

    assert answer.status_code == 422
    assert "Ce fichier n’est pas une image lisible" in answer.content.decode()
    assert "choisissez-la à nouveau" in answer.content.decode()
    assert not Submission.objects.exists()


@pytest.mark.django_db
def test_request_too_heavy_for_any_logo_is_refused_before_it_is_read(client):
    answer = client.post("/proposer/", {"logo": upload(b"\0" * 13 * 1024 * 1024)})

    assert answer.status_code == 413
    assert "Revenez en arrière" in answer.content.decode()
