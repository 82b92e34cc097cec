"""Read models: every function takes the actor and returns only rows of the actor's scope."""
