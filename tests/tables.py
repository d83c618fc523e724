"""Every row of a database, to compare it with another."""


def rows(connection) -> dict[str, list[tuple]]:
    """Return each table's rows as text, sorted, under its name."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("place_words"):
                continue  # SQLite's own shadow of the words
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = sorted(
                repr([bytes(cell) if isinstance(cell, memoryview) else cell for cell in row]) for row in cursor
            )
    return found
