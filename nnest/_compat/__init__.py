"""Foreign private names, each behind a probe."""

__all__: list[str] = []
