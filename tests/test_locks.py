"""Work done once, whatever the number of machines: commands of the timers, migrations."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from threading import Event

import pytest
from django.core.management import call_command, get_commands, load_command_class
from django.db import connection

from places.management.scheduled import ScheduledCommand
from places.models import Chore
from places.preflight import CHORES
from roubaix_map import locks
from tests.production import ROOT, environment, manage


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_command_leaves_in_good_order_when_another_machine_is_at_it():
    with locks.alone("send_mail_queue"):
        second = said("send_mail_queue")
        other = said("note_quality")
    again = said("send_mail_queue")

    assert second == "send_mail_queue : déjà en cours, ici ou sur une autre machine.\n"
    assert "score moyen" in other
    assert again.startswith("Partis : 0.")
    assert Chore.objects.filter(name="send_mail_queue").count() == 1


@pytest.mark.django_db
def test_timer_of_a_second_machine_leaves_what_the_first_has_done():
    before = said("note_quality", "--unless-done=240")
    done = Chore.objects.get(name="note_quality").at

    second = said("note_quality", "--unless-done=240")
    assert Chore.objects.get(name="note_quality").at == done
    by_hand = said("note_quality")
    Chore.objects.update(at=done - timedelta(hours=241))
    next_month = said("note_quality", "--unless-done=240")
    Chore.objects.update(failed=True)
    after_a_failure = said("note_quality", "--unless-done=240")

    assert second == "note_quality : déjà fait, ici ou sur une autre machine.\n"
    assert all("score moyen" in text for text in (before, by_hand, next_month, after_a_failure))


def test_every_command_of_a_timer_is_done_by_one_machine():
    commands = [load_command_class(get_commands()[name], name) for name in (*CHORES, "backup")]

    assert [command for command in commands if not isinstance(command, ScheduledCommand)] == []


@pytest.mark.django_db(transaction=True)
def test_second_migration_waits_for_the_first_and_finds_nothing_to_do():
    asked, done = Event(), Event()

    def second():
        asked.set()
        try:
            return said("migrate")
        finally:
            done.set()
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with locks.alone("migrate", wait=True) as first:
            outcome = other.submit(second)
            asked.wait()
            overtook = done.wait(0.5)
        printed = outcome.result()

    assert (first, overtook) == (True, False)
    assert "No migrations to apply." in printed


def test_lock_ends_with_the_process_that_held_it(tmp_path):
    env = environment(tmp_path)
    code = (
        "import sys\nfrom roubaix_map import locks\nwith locks.alone('work') as mine: print(mine, flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        env=env,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        first = holder.stdout.readline()
        holder.kill()

    ask = "from roubaix_map import locks\nwith locks.alone('work') as mine: print(mine)"
    assert (first, manage(env, "shell", "--no-imports", "-c", ask)) == ("True\n", "True\n")
