"""Where backups are kept: a folder, or a bucket of a store that speaks S3."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from places.backups.archive import Unusable


class Folder:
    """A folder of this machine, or one that is mounted on it."""

    def __init__(self, path: Path):
        self.path = path

    def __str__(self):
        return str(self.path)

    def names(self) -> list[str]:
        return [path.name for path in self.path.iterdir()] if self.path.is_dir() else []

    def put(self, name: str, source: Path) -> None:
        """Copy under another name first: a file that bears its name is whole."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self.path / f"{name}.part"
        shutil.copyfile(source, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(self.path / name)

    def get(self, name: str, target: Path) -> None:
        shutil.copyfile(self.path / name, target)

    def delete(self, name: str) -> None:
        (self.path / name).unlink(missing_ok=True)


class Bucket:
    """`s3://bucket/folder`, at BACKUP_STORE_URL."""

    def __init__(self, address: str):
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise Unusable(_("BACKUP_TO : installer d’abord ce que demande S3 (deploy/README.md).")) from error
        parts = urlsplit(address)
        self.bucket, self.folder = parts.netloc, parts.path.strip("/")
        self.client = boto3.client(
            "s3",
            endpoint_url=settings.BACKUP_STORE_URL or None,
            region_name=settings.BACKUP_STORE_REGION,
            aws_access_key_id=settings.BACKUP_STORE_ACCESS_KEY,
            aws_secret_access_key=settings.BACKUP_STORE_SECRET_KEY,
            # Stores that are not Amazon's take neither its newest checksums nor buckets in the name of the host.
            config=Config(
                connect_timeout=20,
                read_timeout=60,
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def __str__(self):
        return f"s3://{self.bucket}/{self.folder}"

    def _key(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    def names(self) -> list[str]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._key(""))
        return [found["Key"].removeprefix(self._key("")) for page in pages for found in page.get("Contents", ())]

    def put(self, name: str, source: Path) -> None:
        self.client.upload_file(str(source), self.bucket, self._key(name))

    def get(self, name: str, target: Path) -> None:
        self.client.download_file(self.bucket, self._key(name), str(target))

    def delete(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self._key(name))


def store() -> Folder | Bucket:
    """Return the place that BACKUP_TO names."""
    return Bucket(settings.BACKUP_TO) if settings.BACKUP_TO.startswith("s3://") else Folder(Path(settings.BACKUP_TO))


def failures() -> tuple[type[Exception], ...]:
    """Return what a place raises when it cannot be written or read; S3's own only where it is used."""
    if not settings.BACKUP_TO.startswith("s3://"):
        return (OSError,)
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    return (OSError, Boto3Error, BotoCoreError, ClientError)
