"""The endpoints whose objects remain: files, batches and skills."""
