"""One session of a machine over a real socket: the code below the loop, which every driver shares."""
