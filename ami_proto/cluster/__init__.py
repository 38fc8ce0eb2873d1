"""Many servers behind one surface: `cluster.py` has it, the other files one subject each."""
