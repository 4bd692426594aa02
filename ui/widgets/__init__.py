"""The pieces that the screens are made of: words that fit, pictograms, buttons, the mirror, a QR code, a gauge."""
