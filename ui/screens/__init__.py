"""The screens: one module and one layout (.kv) each. Immutable values in, touches out, no decision inside."""
