"""The words of the weighting panel, in Dutch and English; texts.yml holds them all."""

import functools

from nldtib.workbench import words

text = functools.partial(words.text, __package__)
phrase = functools.partial(words.phrase, __package__)
counted = functools.partial(words.counted, __package__)
texts = functools.partial(words.texts, __package__)
