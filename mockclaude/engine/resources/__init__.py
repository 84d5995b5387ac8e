"""Objects that clients create and that remain: files, batches, skills."""
