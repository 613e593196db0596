"""How good lists of items are: what they find, how early, and what kind of items.

Users are rows and items are columns. A *list* is a row of columns, best first, filled
up with -1 where it ends; all lists are one array. What is relevant to whom is a matrix.
`ranked_columns` and `relevance_matrix` make both of tables of ids.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
