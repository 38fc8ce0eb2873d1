"""Tools that only this project needs: benchmarks, exploration, mutation testing, the diagram."""
