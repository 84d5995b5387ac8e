"""Tests of the resources that clients create: files, batches and skills."""
