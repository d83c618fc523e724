"""A next release of this very code, that adds a column to what visitors send."""

import shutil
from pathlib import Path

from cluster.enclosure import ROOT

COPIED = ["places", "roubaix_map", "templates", "static", "locale", "fixtures", "deploy", "manage.py", "pyproject.toml"]
MODEL = Path("places/moderation/models.py")
FIELD = '    kind = models.CharField(_("demande"), max_length=12, choices=Kind)\n'
COLUMN = 'models.CharField(max_length=20, blank=True, default="", db_default="")'
MIGRATION = f"""from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("places", "{{before}}")]
    operations = [migrations.AddField("submission", "rehearsal", {COLUMN})]
"""


def next_release(folder: Path) -> tuple[Path, str, str]:
    """Write it; return its folder, the name of its migration, and that of the one before."""
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder)
    model = folder / MODEL
    text = model.read_text(encoding="utf-8")
    if FIELD not in text:
        raise ValueError(f"{MODEL} : la ligne de « kind » n’y est plus.")
    model.write_text(text.replace(FIELD, f"{FIELD}    rehearsal = {COLUMN}\n"), encoding="utf-8")
    before = max(path.stem for path in (folder / "places" / "migrations").glob("[0-9]*.py"))
    name = f"{int(before[:4]) + 1:04}_rehearsal"
    migration = folder / "places" / "migrations" / f"{name}.py"
    migration.write_text(MIGRATION.format(before=before), encoding="utf-8")
    return folder, f"places.{name}", before
