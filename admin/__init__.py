"""The web console: people's words, translated; enters the engine by its two doors only."""
