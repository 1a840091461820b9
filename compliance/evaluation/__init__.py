"""From a change in git to what the policies say about it: the input, the pack, the engine. Pure but for git itself."""
