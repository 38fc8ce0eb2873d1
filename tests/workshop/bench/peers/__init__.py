"""The library beside other AMI clients, in turns and in one run: `python -m tests.workshop.bench.peers`."""
