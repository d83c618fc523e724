"""Several machines on this one: nginx, two nodes, PostgreSQL and its replica, Redis; and what happens when they fail.

Nothing of the product imports this package.
"""
