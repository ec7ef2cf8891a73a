"""Do it: typed calls to the engine process, which alone holds secrets."""
