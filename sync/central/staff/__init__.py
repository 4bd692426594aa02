"""People who sign in: accounts, sessions, and the one table of what each role may reach."""
