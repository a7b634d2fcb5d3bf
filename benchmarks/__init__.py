"""What nnest costs beside other ways of doing the same: programs that print and record ratios.

Most measure every row in a process of its own, all rows in turn and then all again, and append what
they find to ``book/results/benchmarks``, from which a page of the book is made; ``compare`` and
``halving`` only print. Nothing here asserts anything about seconds: they are a machine's, and only
ratios travel.
"""
