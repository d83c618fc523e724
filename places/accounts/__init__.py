"""How people enter the desk: their password, the code of their telephone, and what is counted against guessing."""
