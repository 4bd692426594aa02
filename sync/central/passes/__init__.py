"""Passes for many uses: issued by managers on a page, printed, listed, and taken back."""
