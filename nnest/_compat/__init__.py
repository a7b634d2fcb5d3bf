"""Foreign private names, each behind a probe."""
