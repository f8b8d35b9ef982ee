"""Kills servers at random while tablets send, then compares what was acknowledged with what is."""
