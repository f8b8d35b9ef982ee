"""Streams of household registrations whose truth is known: the linkage engine's opponent.

`python -m tests.streams OUT --households 7600 --rounds 3 --noise high --seed 7` writes them;
`tests.streams.score` judges what an engine made of them. Nothing here knows the engine.
"""
