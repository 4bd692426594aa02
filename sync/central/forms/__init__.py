"""The third step on the visitor's own phone: the form behind the QR code that a gate shows."""
