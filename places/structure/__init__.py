"""A structure and its own record: the signed link it receives by mail, and the page where it answers."""
