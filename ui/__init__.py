"""What people see: for now the terminal."""
