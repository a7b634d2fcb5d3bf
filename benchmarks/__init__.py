"""What nnest costs beside other ways of doing the same: programs that print and record ratios.

Each program measures every row in a process of its own, all rows in turn and then all again, and
appends what it finds to ``book/results/benchmarks``, from which a page of the book is made. Nothing
here asserts anything about seconds: they are a machine's, and only ratios travel.
"""
