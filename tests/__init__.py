"""The tests of nnest; their modules mirror the package's."""
