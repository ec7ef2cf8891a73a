"""The main job, on real input, in real containers, with attackers: `make demo`."""
