"""How fast, against what: `make bench`. Every figure is a ratio within one interleaved run."""
