"""What is pure in cluster/: counting, the table, nginx's files; `make cluster-test` runs the rest."""

from collections import Counter
from pathlib import Path

from cluster import nginx
from cluster.answers import Answer, Count, Writing
from cluster.faults import FAULTS
from cluster.scene import Fault, Result, Scene, judged
from cluster.table import cells
from tests.nginx import MAIN


def writing(token: str, *, acknowledged: bool) -> Writing:
    return Writing(token, "127.0.1.1", acknowledged=acknowledged)


def result_of(count: Count, **expected) -> Result:
    fault = Fault("panne", "une panne", lambda scene: iter(()), **({"reads_failed": 0.5, "recovers": 2} | expected))
    return judged(fault, Scene(cluster=None, load=None, outside=None), count, 8.0, repaired_at=12.0)


def test_count_tells_what_was_lost_doubled_refused_and_for_how_long():
    answers = [
        Answer("read", 1, 0.2, "200"),
        Answer("read", 13.5, 0.1, "503"),
        Answer("write", 2, 0.1, "503", kept_what_was_typed=True),
        Answer("write", 3, 0.1, "503"),
        Answer("write", 4, 0.1, "302"),
    ]
    writings = [writing("a", acknowledged=True), writing("b", acknowledged=True), writing("c", acknowledged=False)]

    result = result_of(Count(answers, writings, Counter(b=2, c=1)))

    assert (result.lost, result.doubled, result.never_taken, result.recovery) == (1, 1, 1, 1.5)
    assert [sentence.partition(" :")[0] for sentence in result.broken] == [
        "écritures confirmées et perdues",
        "écritures doublées",
        "écritures jamais acceptées",
    ]
    assert cells(result) == [
        *("une panne", "2", "1 (503 : 1)", "200 ms", "3", "2 (503 : 2)", "1 / 2"),
        *("2", "1", "1", "1", "8 s", "1.5 s", ""),
    ]


def test_count_refuses_too_many_failures_a_slow_recovery_and_our_own_errors():
    answers = [
        Answer("read", 1, 0.1, "200"),
        Answer("read", 16, 0.1, "500"),
        Answer("write", 4, 0.1, "302"),
    ]

    result = result_of(Count(answers, [writing("a", acknowledged=True)], Counter(a=1)), reads_failed=0.1)

    assert [sentence.partition(",")[0] for sentence in result.broken] == [
        "lectures en échec : 50.0%",
        "rétabli en 4.0 s",
        "1 réponses 500 : une panne n’est pas une erreur du programme",
    ]


def test_nginx_serves_both_nodes_with_the_files_of_deploy(tmp_path):
    main = MAIN.read_text(encoding="utf-8")

    files = nginx.rendered(tmp_path, http=8200, https=8201, nodes=[8202, 8203], main=main)

    assert [line.split()[1] for line in files["upstream.conf"].splitlines() if line.strip().startswith("server ")] == [
        "127.0.0.1:8202",
        "127.0.0.1:8203",
    ]
    assert "proxy_set_header Host $host:8201;" in files["proxy.conf"]
    assert {word for word in ("/srv/carte", "exemple.fr", "/etc/letsencrypt") if word in files["carte.conf"]} == set()
    assert f"include {tmp_path}/carte.conf;" in files["nginx.conf"]


def test_every_fault_has_a_name_to_type():
    names = [fault.name for fault in FAULTS]

    assert len({*names}) == len(names)
    assert all(name.isascii() and Path(name).name == name for name in names)
