"""NAVSIM's scores: one metric a file, PDMS v1.1 and EPDMS v2.2."""
