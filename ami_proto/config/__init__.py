"""How a server is reached, watched and bounded, and how plain data becomes a configuration."""
