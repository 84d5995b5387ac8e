"""Recordings of other programs: vcrpy, Ruby's VCR, HAR, and files with one stream."""
