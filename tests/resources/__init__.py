"""Tests of the resources that clients create: files and batches."""
