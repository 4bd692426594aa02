"""Policy documents on the server: uploaded, checked, compared, tried on what was recorded, signed, and where they are."""
