"""`python -m cluster [--port 8200]`: the cluster, until Ctrl-C."""

import argparse
import sys
import threading

from cluster import enclosure
from cluster.machines import FIRST_PORT, Cluster, folder_of

TEXT = """
  Le site, par nginx :   {site}/lieux/   (certificat fait ici : le navigateur le dira)
  Les deux nœuds :       http://127.0.0.1:{node_1}  http://127.0.0.1:{node_2}
  PostgreSQL :           127.0.0.1:{primary} (primaire)  127.0.0.1:{replica} (réplique), base et compte « carte »
  Redis :                127.0.0.1:{redis}
  Les journaux :         {folder}
  Arrêter : Ctrl+C
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cluster", description=__doc__)
    parser.add_argument("--port", type=int, default=FIRST_PORT, help="le premier de huit ports de suite")
    parser.add_argument(enclosure.INSIDE, action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if not asked.inside:
        return enclosure.run("cluster", ["--port", str(asked.port)], folder_of(asked.port))
    enclosure.enter()
    cluster = Cluster(asked.port)
    try:
        with cluster.running():
            print(TEXT.format(site=cluster.site, folder=cluster.folder, **cluster.ports), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print("Arrêté.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
